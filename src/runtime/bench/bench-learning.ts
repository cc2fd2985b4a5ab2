// ato bench learning: the same worlds with what is learnt put to use and without. Pairs of whole simulations, each judged by
// the outcomes that hindsight gave its decisions; it shows earlier and cheaper observation, never a return.
import { readTape } from '../../adapters/market-data/tape/read-tape.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { dayMs, toIso } from '../../shared/domain/time.ts';
import { dayBootstrap, type Interval } from '../../simulator/cron-benchmark/bootstrap.ts';
import { simulate } from '../simulation.ts';

const maxWorlds = 200;
const bootstrapDraws = 2_000;
/** The synthetic worlds' first day: fixed, so that the same command repeats. */
const syntheticFrom = Date.UTC(2026, 0, 5);

export interface LearningBenchRequest {
  /** Recordings to cut into worlds; absent for the synthetic market, a world for each seed. */
  readonly tape?: readonly string[];
  readonly symbols?: readonly string[];
  readonly worlds: number;
  readonly days: number;
  readonly seed: number;
  readonly note: (text: string) => void;
}

/** Per day of a world, except the shares. */
interface Figures {
  readonly decisions: number;
  readonly looks: number;
  readonly found_value: number;
  readonly missed_value: number;
  readonly signals_right: number;
  readonly signals_wrong: number;
  readonly net: number;
  readonly kept_share: number;
  readonly brier: number;
  readonly brier_of_base_rate: number;
}

const figureNames = [
  'decisions',
  'looks',
  'found_value',
  'missed_value',
  'signals_right',
  'signals_wrong',
  'net',
  'kept_share',
  'brier',
  'brier_of_base_rate',
] as const satisfies readonly (keyof Figures)[];

export interface LearningBenchReport {
  readonly worlds: readonly { readonly from: string; readonly to: string; readonly seed: number }[];
  readonly symbols: readonly string[];
  /** Means over the worlds. */
  readonly on: Figures;
  readonly off: Figures;
  /** On minus off, worlds redrawn in pairs; 95 % intervals. */
  readonly difference: Readonly<Record<(typeof figureNames)[number], Interval>>;
  /** True when what is learnt certainly cost something: the interval of `net` lies below zero. */
  readonly hurts: boolean;
  readonly remarks: readonly string[];
}

interface World {
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** Throws RangeError when the recording is too short for one world. */
export async function benchLearning(
  settings: Settings,
  request: LearningBenchRequest,
): Promise<LearningBenchReport> {
  const { worlds, symbols } = await worldsOf(settings, request);
  const pairs: { on: Figures; off: Figures }[] = [];
  for (const world of worlds) {
    const on = await played(settings, request, world, 'on');
    const off = await played(settings, request, world, 'off');
    pairs.push({ on, off });
    request.note(`world ${pairs.length} of ${worlds.length}: net a day ${on.net} with, ${off.net} without`);
  }
  const random = randomStream(request.seed, 'bench learning');
  const difference = Object.fromEntries(
    figureNames.map((name) => [
      name,
      rounded(
        dayBootstrap(pairs.length, bootstrapDraws, random, (weights) => {
          let [sum, total] = [0, 0];
          pairs.forEach(({ on, off }, k) => {
            sum += (weights[k] as number) * (on[name] - off[name]);
            total += weights[k] as number;
          });
          return sum / total;
        }),
      ),
    ]),
  ) as LearningBenchReport['difference'];
  return {
    worlds: worlds.map(({ from, to, seed }) => ({ from: toIso(from), to: toIso(to), seed })),
    symbols,
    on: meanOf(pairs.map(({ on }) => on)),
    off: meanOf(pairs.map(({ off }) => off)),
    difference,
    hurts: difference.net.hi < 0,
    remarks: [
      'Each world begins without any memory. Values are find values: 1 to 3 for a find seen at once, less later.',
      'The path of a world is chaotic: one decision changed changes what follows. Read the interval, not one world.',
    ],
  };
}

async function worldsOf(
  settings: Settings,
  { tape, symbols, worlds, days, seed }: LearningBenchRequest,
): Promise<{ readonly worlds: readonly World[]; readonly symbols: readonly string[] }> {
  const count = Math.min(maxWorlds, worlds);
  const length = days * dayMs;
  if (tape === undefined)
    return {
      symbols: symbols ?? settings.ATO_UNIVERSE,
      worlds: Array.from({ length: count }, (_, k) => ({
        from: syntheticFrom,
        to: syntheticFrom + length,
        seed: seed + k,
      })),
    };
  const recorded = await readTape([...tape], {});
  const fit = Math.floor((recorded.to - recorded.from) / length);
  if (fit < 1)
    throw new RangeError(
      `the recording holds ${((recorded.to - recorded.from) / dayMs).toFixed(1)} days, less than one world of ${days}`,
    );
  return {
    symbols: recorded.symbols,
    worlds: Array.from({ length: Math.min(count, fit) }, (_, k) => ({
      from: recorded.from + k * length,
      to: recorded.from + (k + 1) * length,
      seed,
    })),
  };
}

async function played(
  settings: Settings,
  { tape, symbols, days }: LearningBenchRequest,
  world: World,
  learning: 'on' | 'off',
): Promise<Figures> {
  const scored: Pick<Decision, 'confidence' | 'outcome'>[] = [];
  await simulate(
    { ...settings, ATO_LEARNING: learning },
    {
      ...(tape === undefined ? {} : { tape }),
      ...(symbols === undefined ? {} : { symbols }),
      ...world,
      note: () => undefined,
      progress: () => undefined,
      observe: ({ emitted }) => {
        for (const message of emitted)
          if (message.message_type === 'decision.scored')
            scored.push({ confidence: message.data.confidence, outcome: message.data.outcome });
      },
    },
  );
  return figuresOf(scored, days);
}

function figuresOf(scored: readonly Pick<Decision, 'confidence' | 'outcome'>[], days: number): Figures {
  const sum = (of: (one: (typeof scored)[number]) => number) =>
    scored.reduce((total, one) => total + of(one), 0);
  const daily = (of: Parameters<typeof sum>[0]) => round(sum(of) / days);
  const share = scored.length === 0 ? 0 : sum(({ outcome }) => Number(outcome?.successful)) / scored.length;
  const errors = sum(({ confidence, outcome }) => (confidence - Number(outcome?.successful)) ** 2);
  return {
    decisions: daily(() => 1),
    looks: daily(({ outcome }) => outcome?.cost?.looks ?? 0),
    found_value: daily(({ outcome }) => outcome?.opportunities?.found_value ?? 0),
    missed_value: daily(({ outcome }) => outcome?.opportunities?.missed_value ?? 0),
    signals_right: daily(({ outcome }) => outcome?.signals?.right ?? 0),
    signals_wrong: daily(({ outcome }) => outcome?.signals?.wrong ?? 0),
    net: daily(({ outcome }) => outcome?.net ?? 0),
    kept_share: round(share),
    brier: round(scored.length === 0 ? 0 : errors / scored.length),
    brier_of_base_rate: round(share * (1 - share)),
  };
}

function meanOf(figures: readonly Figures[]): Figures {
  return Object.fromEntries(
    figureNames.map((name) => [
      name,
      round(figures.reduce((sum, one) => sum + one[name], 0) / Math.max(1, figures.length)),
    ]),
  ) as unknown as Figures;
}

function rounded({ value, lo, hi }: Interval): Interval {
  return { value: round(value), lo: round(lo), hi: round(hi) };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0;
}
