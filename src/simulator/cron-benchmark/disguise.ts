// Takes away what a scheduler could recognise (names, price levels, dates, order), and makes the negative controls.
// Everything is drawn from the seed; the finds of a disguised panel are those of the original.
import { randomStream } from '../../kernel/random-stream.ts';
import { dayMs } from '../../shared/domain/time.ts';
import type { Panel } from './panel.ts';

export const controlKinds = ['iid', 'shuffle', 'roll', 'prefix'] as const;
export type ControlKind = (typeof controlKinds)[number];

const maxShiftWeeks = 260;

/** Symbols renamed and reordered, prices multiplied, calendar moved by whole weeks. */
export function disguised(panel: Panel, seed: number): Panel {
  const random = randomStream(seed, 'cron-benchmark/disguise');
  const order = panel.symbols.map((_, k) => k);
  for (let k = order.length - 1; k > 0; k -= 1) {
    const other = Math.floor(random.next() * (k + 1));
    [order[k], order[other]] = [order[other] as number, order[k] as number];
  }
  const shift = Math.floor((random.next() * 2 - 1) * maxShiftWeeks) * 7 * dayMs;
  const factors = order.map(() => Math.exp(4 * random.next() - 2));
  return {
    ...panel,
    symbols: order.map((_, k) => `S${String(k + 1).padStart(3, '0')}`),
    at: panel.at.map((time) => time + shift),
    close: order.map((from, k) =>
      (panel.close[from] as Float64Array).map((price) => price * (factors[k] as number)),
    ),
    volume: order.map((from) => panel.volume[from] as Float64Array),
  };
}

/** Moves of one symbol, one per bar; the first is zero. */
function movesOf(closes: Float64Array): Float64Array {
  return closes.map((close, t) => (t === 0 ? 0 : Math.log(close / (closes[t - 1] as number))));
}

function fromMoves(moves: Float64Array): Float64Array {
  let log = 0;
  return moves.map((move) => {
    log += move;
    return 100 * Math.exp(log);
  });
}

/** Nothing to predict: independent Gaussian moves, real moves in random order, or own weeks moved apart. */
export function controlPanel(panel: Panel, kind: Exclude<ControlKind, 'prefix'>, seed: number): Panel {
  const random = randomStream(seed, `cron-benchmark/${kind}`);
  const barsPerWeek = Math.round((7 * dayMs) / panel.barMs);
  const weeks = Math.max(1, Math.floor(panel.bars / barsPerWeek));
  const close = panel.close.map((closes) => {
    const moves = movesOf(closes);
    if (kind === 'iid') return fromMoves(moves.map(() => 0.002 * gaussian(() => random.next())));
    if (kind === 'shuffle') {
      for (let k = moves.length - 1; k > 0; k -= 1) {
        const other = Math.floor(random.next() * (k + 1));
        [moves[k], moves[other]] = [moves[other] as number, moves[k] as number];
      }
      return fromMoves(moves);
    }
    const shift = Math.floor(random.next() * weeks) * barsPerWeek;
    return fromMoves(moves.map((_, t) => moves[(t + shift) % moves.length] as number));
  });
  return { ...panel, close, volume: panel.volume.map((volumes) => new Float64Array(volumes.length)) };
}

/** The same panel up to bar `cut`, then a violent invented path: no decision before the cut may differ. */
export function withFakeCrash(panel: Panel, cut: number, seed: number): Panel {
  const random = randomStream(seed, 'cron-benchmark/prefix');
  const close = panel.close.map((closes) => {
    const changed = closes.slice();
    for (let t = cut; t < changed.length; t += 1)
      changed[t] = (changed[t - 1] as number) * Math.exp(0.03 * gaussian(() => random.next()));
    return changed;
  });
  return { ...panel, close };
}

/** Box and Muller's transform. */
function gaussian(next: () => number): number {
  return Math.sqrt(-2 * Math.log(Math.max(1e-12, next()))) * Math.cos(2 * Math.PI * next());
}
