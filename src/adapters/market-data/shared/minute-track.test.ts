// The track releases each minute once and in order, whatever the mix of quotes, answers and outages.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candle } from '../../../shared/domain/candle.ts';
import { minuteMs } from '../../../shared/domain/time.ts';
import { MinuteTrack } from './minute-track.ts';

const start = Date.UTC(2026, 3, 15, 12);

function candle(openTime: number): Candle {
  return { symbol: 'EURUSD', timeframe: '1m', openTime, open: 1, high: 2, low: 0.5, close: 1, volume: 0 };
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('tick' as const), at: fc.integer({ min: -120_000, max: 5_000 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 150_000 }) }),
  ...(['lost', 'back', 'watched', 'failed'] as const).map((kind) => fc.record({ kind: fc.constant(kind) })),
  fc.record({ kind: fc.constant('fetched' as const), late: fc.nat(3), holes: fc.array(fc.nat(20)) }),
);

test('never twice, never backwards, never before the close, never a minute seen in part', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let now = start + 20_000;
      let watchedFrom = Number.POSITIVE_INFINITY;
      const track = new MinuteTrack('EURUSD', start - minuteMs, () => true);
      const interrupted = new Set<number>();
      let last = start - minuteMs;
      const release = (candles: readonly Candle[], built: boolean) => {
        for (const { openTime } of candles) {
          expect(openTime).toBeGreaterThan(last);
          expect(openTime + minuteMs).toBeLessThanOrEqual(now);
          if (built) expect(interrupted.has(openTime)).toBe(false);
          last = openTime;
        }
      };
      for (const action of steps) {
        const minute = Math.floor(now / minuteMs) * minuteMs;
        if (action.kind === 'tick') track.tick(1, now + Math.min(0, action.at), watchedFrom);
        else if (action.kind === 'pass') now += action.ms;
        else if (action.kind === 'back')
          watchedFrom = Math.min(watchedFrom, Math.ceil(now / minuteMs) * minuteMs);
        else if (action.kind === 'lost') {
          interrupted.add(minute);
          watchedFrom = Number.POSITIVE_INFINITY;
          track.interrupt(now);
        } else if (action.kind === 'watched') {
          if (track.settled + minuteMs >= watchedFrom) release(track.settleWatched(now).released, true);
        } else if (action.kind === 'failed') release(track.settleFailed(now).released, true);
        else if (action.kind === 'fetched') {
          const answer: Candle[] = [];
          for (let at = track.settled - minuteMs; at < now - action.late * minuteMs; at += minuteMs)
            if (!action.holes.includes((at / minuteMs) % 20)) answer.push(candle(at));
          release(track.settleFetched(answer.reverse(), now, watchedFrom).released, false);
        }
        expect(track.settled).toBeGreaterThanOrEqual(last);
      }
    }),
    { numRuns: 500 },
  );
});
