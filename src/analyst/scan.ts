// A scan: the strategy's judgement of some symbols now, from the windows as they stand.
// User code runs here: whatever it throws or returns, a scan always ends with an honest result.
import type { Turn } from '../kernel/agent.ts';
import type { TaskAssignment } from '../shared/bus/catalogue.ts';
import { type Timeframe, timeframeMs } from '../shared/domain/candle.ts';
import type { LookAnswer } from '../shared/domain/look.ts';
import type { TaskKind, TaskResult } from '../shared/domain/task.ts';
import type { AnalystMemory } from './analyst-memory.ts';
import type { InstrumentDesk } from './instrument-desk.ts';
import { freshCandles } from './market-analyzer.ts';
import { regimeOf } from './regime.ts';
import { buildSignal, checkVerdict, type SoundVerdict } from './signal-builder.ts';
import type { ScanIntensity, Strategy, StrategyView } from './strategy.ts';
import { nearestTimeframe, slowerTimeframe, timeframeLadders } from './timeframe-ladder.ts';

/** Symbols of one scan beyond this many are left out, and the result says so. */
const maxSymbolsPerScan = 256;
/** Symbols named one by one in a result's summary. */
const maxSummaryItems = 12;
const maxErrorLength = 200;

/** Scan kinds the analyst serves. */
export const intensityOf: Readonly<Partial<Record<TaskKind, ScanIntensity>>> = {
  'crypto-aggressive-scan': 'aggressive',
  'crypto-normal-scan': 'normal',
  'crypto-light-monitoring': 'light',
  'forex-london-session': 'normal',
  'forex-newyork-session': 'normal',
  'forex-asia-session': 'normal',
  'deep-market-analysis': 'deep',
};

export interface ScanContext {
  readonly strategy: Strategy;
  readonly base: Timeframe;
  readonly desks: ReadonlyMap<string, InstrumentDesk>;
  readonly memory: AnalystMemory;
}

/** What happened to the symbols of one scan. */
interface Tally {
  readonly lookedAt: string[];
  readonly signals: string[];
  readonly unready: string[];
  readonly failures: string[];
  readonly regimes: string[];
  readonly looks: LookAnswer[];
  simulated: boolean;
}

/** Entry timeframes judged at this intensity, in order; the first verdict of a symbol ends its turn. */
function scanTimeframes(strategy: Strategy, base: Timeframe, intensity: ScanIntensity): readonly Timeframe[] {
  const normal = nearestTimeframe(base, strategy.timeframes.normal);
  const fast = nearestTimeframe(base, strategy.timeframes.fast);
  if (intensity === 'aggressive') return [...new Set([fast, normal])];
  if (intensity !== 'deep') return [normal];
  const ladder = timeframeLadders[base].filter((timeframe) => timeframeMs[timeframe] >= timeframeMs[fast]);
  return ladder.reverse();
}

/** Runs a scan, emits and records its signals, and returns what the task may claim to have achieved. */
export function runScan(
  task: TaskAssignment,
  intensity: ScanIntensity,
  context: ScanContext,
  turn: Turn,
): TaskResult {
  const tally: Tally = {
    lookedAt: [],
    signals: [],
    unready: [],
    failures: [],
    regimes: [],
    looks: [],
    simulated: false,
  };
  const symbols = [...new Set(task.symbols)];
  for (const symbol of symbols.slice(0, maxSymbolsPerScan)) {
    const before = tally.signals.length;
    scanSymbol(symbol, task, intensity, context, tally, turn);
    const look = lookAt(symbol, task, context, tally.signals.length - before, turn);
    if (look !== undefined) tally.looks.push(look);
  }
  const leftOut = symbols.length - maxSymbolsPerScan;
  if (leftOut > 0) tally.unready.push(`${leftOut} more (beyond ${maxSymbolsPerScan} per scan)`);
  return {
    effect_observed: tally.lookedAt.length > 0,
    looked_at: tally.lookedAt.length,
    found: tally.signals.length,
    summary: summaryOf(tally, symbols.length, intensity, context),
    error: tally.failures.length === 0 ? null : `strategy at fault: ${listed(tally.failures)}`,
    ...(tally.looks.length === 0 ? {} : { looks: tally.looks }),
  };
}

/** What the symbol showed since the task's last look at it; undefined when the task does not ask. */
function lookAt(
  symbol: string,
  { look, symbols }: TaskAssignment,
  { desks, base }: ScanContext,
  found: number,
  turn: Turn,
): LookAnswer | undefined {
  if (look === undefined) return undefined;
  const windows = desks.get(symbol)?.windows;
  if (windows === undefined || turn.now - windows.closedThrough > freshCandles * timeframeMs[base])
    return { symbol, seen: false, found, bars: [] };
  const after = look.after[symbols.indexOf(symbol)] ?? 0;
  return { symbol, seen: true, found, bars: windows.barsSince(after, look.bar_ms, look.max_bars) };
}

function scanSymbol(
  symbol: string,
  task: TaskAssignment,
  intensity: ScanIntensity,
  context: ScanContext,
  tally: Tally,
  turn: Turn,
): void {
  const desk = context.desks.get(symbol);
  if (desk === undefined) {
    tally.unready.push(`${symbol} (not watched)`);
    return;
  }
  const ageMs = turn.now - desk.windows.closedThrough;
  if (ageMs > freshCandles * timeframeMs[context.base]) {
    tally.unready.push(
      `${symbol} (${desk.windows.closedThrough === 0 ? 'no data' : `data ${Math.round(ageMs / 1_000)} s old`})`,
    );
    return;
  }
  if (intensity === 'deep') tally.regimes.push(regimesOf(symbol, desk, context.base));
  let judged = false;
  for (const timeframe of scanTimeframes(context.strategy, context.base, intensity)) {
    const window = desk.windows.view(timeframe);
    if (window === undefined || window.size < context.strategy.warmUpCandles) continue;
    const verdict = judge(viewOf(desk, timeframe, intensity, context, turn), context.strategy, tally);
    if (verdict === 'fault') continue;
    judged = true;
    if (verdict !== null && speak(verdict, desk, intensity, task, context, tally, turn)) break;
  }
  if (judged) {
    tally.lookedAt.push(symbol);
    tally.simulated ||= desk.windows.kind === 'simulated';
  } else if (!tally.failures.some((failure) => failure.startsWith(`${symbol}:`)))
    tally.unready.push(`${symbol} (warming up)`);
}

/** The strategy's verdict, checked; 'fault' when it threw or made no sense. */
function judge(view: StrategyView, strategy: Strategy, tally: Tally): SoundVerdict | 'fault' | null {
  try {
    const verdict: unknown = strategy.evaluate(view);
    if (verdict === null || verdict === undefined) return null;
    const checked = checkVerdict(verdict, view.symbol, view.now);
    if (checked.ok) return checked.value;
    tally.failures.push(`${view.symbol}: ${checked.reason}`);
  } catch (error) {
    tally.failures.push(`${view.symbol}: ${errorText(error)}`);
  }
  return 'fault';
}

/** Emits the signal of a verdict unless it was already said or may not be said now; true when it was emitted. */
function speak(
  verdict: SoundVerdict,
  desk: InstrumentDesk,
  intensity: ScanIntensity,
  task: TaskAssignment,
  context: ScanContext,
  tally: Tally,
  turn: Turn,
): boolean {
  const { strategy, base, memory } = context;
  const symbol = desk.windows.instrument.symbol;
  if (intensity === 'light' && verdict.action !== 'CLOSE') return false;
  const last = desk.lastSignal;
  if (verdict.action === 'CLOSE' && (last === undefined || last.action === 'CLOSE')) return false;
  const window = desk.windows.view(verdict.timeframe);
  const kind = desk.windows.kind;
  if (window === undefined || window.size === 0 || kind === undefined) {
    tally.failures.push(`${symbol}: there is no ${verdict.timeframe} window to speak of`);
    return false;
  }
  const observedAt = window.closeTime();
  if (desk.alreadySaid(verdict.action, observedAt)) return false;
  const confidence = memory.calibration(strategy.name, kind).probability(verdict.action, verdict.conviction);
  const built = buildSignal(
    verdict,
    {
      strategy: strategy.name,
      symbol,
      window,
      confidence,
      price: desk.windows.price,
      base,
      taskId: task.task_id,
    },
    turn,
  );
  if (!built.ok) {
    tally.failures.push(`${symbol}: ${built.reason}`);
    return false;
  }
  const signal = built.value;
  turn.put('signals', signal.signal_id, signal);
  turn.emit('signal', signal, { to: 'all', correlationId: signal.signal_id });
  desk.remember(signal, observedAt, verdict.conviction, turn);
  tally.signals.push(`${symbol} ${signal.action} ${signal.confidence.toFixed(2)} on ${signal.timeframe}`);
  return true;
}

function viewOf(
  desk: InstrumentDesk,
  timeframe: Timeframe,
  intensity: ScanIntensity,
  context: ScanContext,
  turn: Turn,
): StrategyView {
  const { windows } = desk;
  const view = (wanted: Timeframe) => windows.view(wanted);
  const known = (wanted: Timeframe) => {
    const found = view(wanted);
    if (found === undefined) throw new Error(`no ${wanted} window is built from ${context.base} candles`);
    return found;
  };
  const slower = (from: Timeframe) => known(slowerTimeframe(context.base, from));
  return Object.freeze({
    symbol: windows.instrument.symbol,
    now: turn.now,
    intensity,
    price: windows.price,
    priceAt: windows.closedThrough,
    typicalSpread: windows.instrument.typicalSpread,
    entry: known(timeframe),
    higher: slower(timeframe),
    window: view,
    slowerThan: slower,
    lastSignal: desk.lastSignal,
  });
}

function regimesOf(symbol: string, desk: InstrumentDesk, base: Timeframe): string {
  const words = timeframeLadders[base].map((timeframe) => {
    const window = desk.windows.view(timeframe);
    return `${timeframe} ${window === undefined ? 'unknown' : regimeOf(window)}`;
  });
  const { annualised, activity } = desk.windows.volatility;
  const moves = Number.isNaN(annualised) ? '' : `, volatility ${(annualised * 100).toFixed(0)} % a year`;
  const relative = Number.isNaN(activity) ? '' : `, ${activity.toFixed(2)} of normal`;
  return `${symbol}: ${words.join(', ')}${moves}${relative}`;
}

function summaryOf(tally: Tally, asked: number, intensity: ScanIntensity, context: ScanContext): string {
  const parts = [
    `Judged ${tally.lookedAt.length} of ${asked} symbols by ${context.strategy.name} (${intensity})` +
      `${tally.simulated ? ' on simulated prices' : ''}`,
    tally.signals.length === 0 ? 'no signal' : `signals: ${listed(tally.signals)}`,
  ];
  if (tally.unready.length > 0) parts.push(`not ready: ${listed(tally.unready)}`);
  if (tally.failures.length > 0) parts.push(`${tally.failures.length} verdicts dropped`);
  if (tally.regimes.length > 0) parts.push(listed(tally.regimes));
  return `${parts.join('; ')}.`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, maxSummaryItems).join(', ');
  return items.length > maxSummaryItems ? `${shown} and ${items.length - maxSummaryItems} more` : shown;
}

/** Text of whatever user code threw; reading it must not throw again. */
function errorText(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : `it threw ${typeof error}`;
    return text.slice(0, maxErrorLength);
  } catch {
    return 'it threw something unreadable';
  }
}
