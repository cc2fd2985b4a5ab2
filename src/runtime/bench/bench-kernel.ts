// Measures the house on this machine: the simulation's candles per second, and a real paper process with 200 symbols.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { loadSettings } from '../../shared/config/load-settings.ts';
import { environmentSchema, type Settings } from '../../shared/config/settings.ts';
import { dayMs } from '../../shared/domain/time.ts';
import { simulate } from '../simulation.ts';
import { projectFolder } from '../system/page-build.ts';
import { version } from '../version.ts';

const benchFrom = Date.UTC(2025, 0, 6);
const monthDays = 30;
const yearDays = 365;
const steadySymbols = 200;
/** As in the start script: a small young generation halves the memory of a process that mostly waits. */
const startFlags = ['--max-semi-space-size=4'];
const startTimeoutMs = 30_000;
const sampleIntervalMs = 5_000;
/** /proc counts processor time in hundredths of a second. */
const ticksPerSecond = 100;

export interface SimulationFigure {
  readonly candles: number;
  readonly wall_ms: number;
  readonly candles_per_second: number;
  readonly journal_hash: string;
}

export interface SteadyFigure {
  readonly symbols: number;
  readonly seconds: number;
  readonly cpu_of_one_core: number;
  readonly event_loop_delay_p99_ms_worst: number;
  readonly resident_mb_first: number;
  readonly resident_mb_last: number;
  readonly resident_mb_max: number;
  readonly first_decision_ms: number;
}

export interface KernelBenchReport {
  readonly version: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly month: SimulationFigure;
  readonly year: SimulationFigure;
  /** Time per candle over a year divided by that over a month; about 1 when nothing grows. */
  readonly year_to_month_cost_ratio: number;
  readonly steady_embedded: SteadyFigure | null;
  /** The same on DATABASE_URL, in a schema of its own that is dropped afterwards; null when it is not set. */
  readonly steady_postgresql: SteadyFigure | null;
}

export async function benchKernel(options: {
  steadySeconds: number;
  note: (text: string) => void;
}): Promise<KernelBenchReport> {
  const settings = environmentSchema.parse({});
  options.note('warming up');
  await simulatedDays(settings, monthDays);
  options.note('one symbol, one month of 1-minute candles');
  const month = await simulatedDays(settings, monthDays);
  options.note('one symbol, one year of 1-minute candles');
  const year = await simulatedDays(settings, yearDays);
  const watched = options.steadySeconds > 0;
  const steady = watched ? await steadyPaper(options.steadySeconds, options.note, {}) : null;
  const url = loadSettings().DATABASE_URL;
  const steadyPostgresql =
    watched && url !== undefined ? await steadyOnPostgresql(url, options.steadySeconds, options.note) : null;
  return {
    version,
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    month,
    year,
    year_to_month_cost_ratio: round(year.wall_ms / year.candles / (month.wall_ms / month.candles)),
    steady_embedded: steady,
    steady_postgresql: steadyPostgresql,
  };
}

async function simulatedDays(settings: Settings, days: number): Promise<SimulationFigure> {
  const report = await simulate(settings, {
    symbols: ['BTCUSDT'],
    seed: 1,
    from: benchFrom,
    to: benchFrom + days * dayMs,
    note: () => undefined,
    progress: () => undefined,
  });
  const { candles, wall_ms, journal_hash } = report;
  return { candles, wall_ms, candles_per_second: Math.round((candles / wall_ms) * 1_000), journal_hash };
}

async function steadyOnPostgresql(
  url: string,
  seconds: number,
  note: (text: string) => void,
): Promise<SteadyFigure> {
  const schema = `ato_bench_${process.pid}`;
  note(`on PostgreSQL, schema ${schema}`);
  try {
    return await steadyPaper(seconds, note, { DATABASE_URL: url, DATABASE_SCHEMA: schema });
  } finally {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`drop schema if exists ${schema} cascade`);
    await client.end();
  }
}

/** Starts the real program in a folder of its own and watches it from outside. */
async function steadyPaper(
  seconds: number,
  note: (text: string) => void,
  database: Readonly<Record<string, string>>,
): Promise<SteadyFigure> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ato-bench-'));
  const port = 20_000 + Math.floor(Math.random() * 12_000);
  const symbols = Array.from(
    { length: steadySymbols },
    (_, index) => `SYN${String(index).padStart(3, '0')}USDT`,
  );
  const environment = {
    ORCHESTRATOR_PORT: String(port),
    DATA_DIR: path.join(folder, 'data'),
    LOG_DIR: path.join(folder, 'logs'),
    ATO_MARKET_SOURCE: 'synthetic',
    ATO_UNIVERSE: symbols.join(','),
    ...database,
  };
  note(`${steadySymbols} synthetic symbols in paper mode for ${seconds} s`);
  const begun = performance.now();
  const main = path.join(projectFolder, 'src', 'main.ts');
  const child = spawn(process.execPath, [...startFlags, main, 'start'], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
  try {
    await firstDecision(port);
    const firstDecisionMs = Math.round(performance.now() - begun);
    return {
      symbols: steadySymbols,
      seconds,
      first_decision_ms: firstDecisionMs,
      ...(await watch(child.pid ?? 0, port, seconds)),
    };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function watch(pid: number, port: number, seconds: number) {
  await pause(sampleIntervalMs);
  const cpuBefore = cpuSeconds(pid);
  const begun = performance.now();
  const resident: number[] = [];
  let worstDelay = 0;
  while (performance.now() - begun < seconds * 1_000) {
    await pause(Math.min(sampleIntervalMs, seconds * 1_000));
    resident.push(residentMb(pid));
    const health = (await getJson(port, '/health/system')) as {
      vitals?: { event_loop_delay_p99_ms?: number } | null;
    };
    worstDelay = Math.max(worstDelay, health.vitals?.event_loop_delay_p99_ms ?? 0);
  }
  const elapsed = (performance.now() - begun) / 1_000;
  return {
    cpu_of_one_core: round((cpuSeconds(pid) - cpuBefore) / elapsed),
    event_loop_delay_p99_ms_worst: round(worstDelay),
    resident_mb_first: resident[0] ?? 0,
    resident_mb_last: resident.at(-1) ?? 0,
    resident_mb_max: Math.max(0, ...resident),
  };
}

async function firstDecision(port: number): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const answer = (await getJson(port, '/decisions?limit=1').catch(() => undefined)) as
      | { decisions?: unknown[] }
      | undefined;
    if ((answer?.decisions?.length ?? 0) > 0) return;
    await pause(50);
  }
  throw new Error(`no decision within ${startTimeoutMs} ms`);
}

async function getJson(port: number, route: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${route}`);
  return response.json();
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMb(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/);
  return Math.round(Number(line?.[1] ?? 0) / 1_024);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
