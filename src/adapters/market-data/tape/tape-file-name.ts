// What the name of a recording says: symbol, timeframe, side. Nothing is guessed from the content.
import path from 'node:path';
import { type Timeframe, timeframes } from '../../../shared/domain/candle.ts';
import { TapeError } from './tape-error.ts';

export interface TapeFile {
  readonly path: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly side: 'bid' | 'ask' | 'trade';
  /** True when a person named this very file; false when it was found in a folder. */
  readonly named: boolean;
}

/** A symbol in a file name. A token's colon is a full stop there: not every file system takes a colon. */
export const fileSymbolPattern = '[A-Z0-9][A-Z0-9-]{1,31}|[a-z]{2,16}\\.[A-Za-z0-9]{30,64}';

export function fileSymbolOf(symbol: string): string {
  return symbol.replace(':', '.');
}

const namePattern = new RegExp(
  `^(?<symbol>${fileSymbolPattern})_(?<timeframe>[0-9]+[a-z]+|tick)(?:-(?<variant>bid|ask|close-only))?` +
    '(?:_[0-9]{8}-[0-9]{8}(?:\\.[0-9]{1,6})?)?\\.csv(?:\\.gz|\\.part)?$',
);

/** Throws TapeError naming the fix when the name does not say symbol and timeframe. */
export function readTapeFileName(filePath: string, named: boolean): TapeFile {
  const name = path.basename(filePath);
  const groups = namePattern.exec(name)?.groups;
  if (groups === undefined) {
    throw new TapeError(
      `${filePath}: the name must say symbol and timeframe; rename it to SYMBOL_TIMEFRAME_FROM-TO.csv.gz, ` +
        'for example BTCUSDT_1m_20260323-20260422.csv.gz',
    );
  }
  if (groups.timeframe === 'tick') {
    throw new TapeError(`${filePath}: tick recordings are not candles; aggregate it to 1m candles first`);
  }
  const timeframe = timeframes.find((known) => known === groups.timeframe);
  if (timeframe === undefined) {
    throw new TapeError(
      `${filePath}: timeframe ${groups.timeframe} is not one of ${timeframes.join(', ')}; ` +
        'aggregate it to one of these and rename it',
    );
  }
  const side = groups.variant === 'bid' || groups.variant === 'ask' ? groups.variant : 'trade';
  const symbol = (groups.symbol ?? '').replace('.', ':');
  return { path: filePath, symbol, timeframe, side, named };
}
