// Feeds every registered adapter with damaged input and says what came of it. The same seed gives the same inputs;
// a finding names its adapter and session, which alone reproduce it.
import { randomStream } from '../../kernel/random-stream.ts';
import { secondMs } from '../../shared/domain/time.ts';
import { damage } from './damage.ts';
import { type FuzzTarget, ImpossiblePassed } from './fuzz-target.ts';
import { OracleSink } from './oracle-sink.ts';
import { fuzzTargets } from './registry.ts';
import { fuzzSockets, type SocketFuzzReport } from './socket-fuzz.ts';

const inputsPerSession = 25;
const startAt = Date.UTC(2026, 3, 15, 12, 30, 20);
const maxFindings = 50;
const excerptChars = 300;
/** The event loop breathes after this many sessions. */
const sessionsPerBreath = 200;

export interface FuzzFinding {
  readonly adapter: string;
  readonly session: number;
  readonly input_index: number;
  readonly kind: 'crash' | 'impossible_price_past_gate';
  readonly message: string;
  readonly input_excerpt: string;
}

export interface AdapterFuzzReport {
  readonly runs: number;
  /** Inputs after which nothing passed the gate. */
  readonly rejected: number;
  /** Inputs after which something passed it. */
  readonly accepted: number;
  readonly quarantine_reports: number;
  readonly crashes: number;
  readonly impossible_prices_past_gate: number;
}

export interface FuzzReport {
  readonly seed: number;
  readonly runs: number;
  readonly crashes: number;
  readonly impossible_prices_past_gate: number;
  readonly wall_ms: number;
  readonly adapters: Readonly<Record<string, AdapterFuzzReport>>;
  readonly sockets: Readonly<Record<string, SocketFuzzReport>>;
  readonly findings: readonly FuzzFinding[];
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Only this adapter. */
  readonly adapter?: string;
  /** Only this session, to reproduce a finding. */
  readonly session?: number;
  /** Runs of whole sources against a hostile server, per source. */
  readonly socketRuns: number;
  readonly targets?: readonly FuzzTarget[];
  readonly progress?: (done: number, total: number) => void;
}

export async function fuzzMarkets(options: FuzzOptions): Promise<FuzzReport> {
  const begun = performance.now();
  const targets = (options.targets ?? fuzzTargets).filter(
    (target) => options.adapter === undefined || target.name === options.adapter,
  );
  const findings: FuzzFinding[] = [];
  const adapters: Record<string, AdapterFuzzReport> = {};
  const perTarget = Math.ceil(options.runs / Math.max(1, targets.length));
  for (const [index, target] of targets.entries()) {
    adapters[target.name] = await fuzzTarget(target, perTarget, options, findings);
    options.progress?.(index + 1, targets.length);
  }
  const sockets = options.socketRuns > 0 ? await fuzzSockets(options.socketRuns, options.seed) : {};
  const all = Object.values(adapters);
  const sum = (read: (report: AdapterFuzzReport) => number) =>
    all.reduce((total, one) => total + read(one), 0);
  const fromSockets = Object.values(sockets);
  return {
    seed: options.seed,
    runs: sum((one) => one.runs),
    crashes: sum((one) => one.crashes) + fromSockets.reduce((total, one) => total + one.crashes, 0),
    impossible_prices_past_gate:
      sum((one) => one.impossible_prices_past_gate) +
      fromSockets.reduce((total, one) => total + one.impossible_prices_past_gate, 0),
    wall_ms: Math.round(performance.now() - begun),
    adapters,
    sockets,
    findings,
  };
}

async function fuzzTarget(
  target: FuzzTarget,
  runs: number,
  options: FuzzOptions,
  findings: FuzzFinding[],
): Promise<AdapterFuzzReport> {
  const report = {
    runs: 0,
    rejected: 0,
    accepted: 0,
    quarantine_reports: 0,
    crashes: 0,
    impossible_prices_past_gate: 0,
  };
  const sessions = Math.ceil(runs / inputsPerSession);
  const chosen = options.session;
  const first = chosen ?? 0;
  const end = chosen === undefined ? sessions : chosen + 1;
  for (let session = first; session < end; session += 1) {
    const inputs = chosen === undefined ? Math.min(inputsPerSession, runs - report.runs) : inputsPerSession;
    runSession(target, session, inputs, options.seed, report, findings);
    if (session % sessionsPerBreath === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return report;
}

function runSession(
  target: FuzzTarget,
  session: number,
  inputs: number,
  seed: number,
  report: { -readonly [Key in keyof AdapterFuzzReport]: AdapterFuzzReport[Key] },
  findings: FuzzFinding[],
): void {
  const random = randomStream(seed, 'fuzz', target.name, session);
  let now = startAt;
  const sink = new OracleSink(() => now);
  const passed = (count: number) => {
    sink.passed += count;
  };
  const running = target.open({ sink, random, now: () => now, passed });
  const earlier: string[] = [];
  for (let index = 0; index < inputs; index += 1) {
    now += 1 + random.integer(40 * secondMs);
    const input = damage(running.sample(), earlier, random);
    earlier.push(input);
    const before = sink.passed;
    report.runs += 1;
    try {
      running.feed(input);
      if (sink.passed > before) report.accepted += 1;
      else report.rejected += 1;
    } catch (error) {
      const impossible = error instanceof ImpossiblePassed;
      if (impossible) report.impossible_prices_past_gate += 1;
      else report.crashes += 1;
      if (findings.length >= maxFindings) continue;
      findings.push({
        adapter: target.name,
        session,
        input_index: index,
        kind: impossible ? 'impossible_price_past_gate' : 'crash',
        message: describe(error),
        input_excerpt: input.slice(0, excerptChars),
      });
    }
  }
  report.quarantine_reports += sink.quarantines;
}

/** What was thrown and where; deeper lines of the stack differ from run to run. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, excerptChars);
  const where = (error.stack ?? '').split('\n').find((line) => line.trimStart().startsWith('at ')) ?? '';
  return `${error.name}: ${error.message.slice(0, excerptChars)} ${where.trim()}`;
}
