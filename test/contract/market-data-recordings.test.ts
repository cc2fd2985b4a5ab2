// The tape against real recordings, where they are at hand. They are never copied into the project.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTape } from '../../src/adapters/market-data/tape/read-tape.ts';
import { candleDefect } from '../../src/shared/domain/candle.ts';

const recordings = '../shared/market-data';
const absent = !existsSync(recordings);

test.skipIf(absent)(
  'a month of five symbols has every row and no fault (skipped without the recordings)',
  async () => {
    const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT'];
    const tape = await readTape(
      symbols.map((symbol) => `${recordings}/crypto/${symbol}_1m_20260323-20260422.csv.gz`),
    );
    expect(tape.candles).toBe(4 * 43_199 + 43_200);
    expect(tape.quarantined).toEqual([]);
    let last = 0;
    for (const event of tape.events) {
      expect(event.happened_at).toBeGreaterThanOrEqual(last);
      last = event.happened_at;
    }
    expect(last).toBe(tape.to);
  },
);

test.skipIf(absent)('every folder of recordings can be played (skipped without the recordings)', async () => {
  for (const folder of ['crypto', 'crypto-daily', 'forex', 'equity-daily']) {
    const tape = await readTape([`${recordings}/${folder}`]);
    expect(tape.candles).toBeGreaterThan(1_000);
    // The notes on the recordings name these four as prints off the market; every real move is played.
    const refused = tape.quarantined
      .filter((rows) => rows.line > 0)
      .map(({ file, lines }) => [file.split('/').at(-1), ...lines]);
    expect(refused).toEqual(
      folder === 'equity-daily'
        ? [
            ['AAPL_1d_19980102-20141231.csv.gz', 2949, 3187, 3273],
            ['AIG_1d_19980102-20141231.csv.gz', 2853],
          ]
        : [],
    );
    const [first] = tape.events;
    expect(first === undefined ? 'no candle' : candleDefect(first.candle)).toBe(undefined);
  }
});
