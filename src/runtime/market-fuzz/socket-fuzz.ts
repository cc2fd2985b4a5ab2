// Whole sources, sockets and all, against a venue that misbehaves in every way: what ends the process or passes the
// gate is counted. Fewer runs than the fuzzing of inputs, because each takes real time.
import { ScaledClock } from '../../adapters/clock/scaled/scaled-clock.ts';
import { openExchange } from '../../adapters/market-data/ccxt/ccxt-exchange.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { Random } from '../../shared/ports/random.ts';
import { damage } from './damage.ts';
import { ImpossiblePassed } from './fuzz-target.ts';
import { openHostileVenue } from './hostile-server.ts';
import { OracleSink } from './oracle-sink.ts';
import { type SocketTarget, socketTargets } from './socket-targets.ts';

const startAt = Date.UTC(2026, 3, 15, 12, 30, 20);
/** A run of 250 ms sees eight minutes of the market. */
const speed = 2_000;
const runMs = 250;

export interface SocketFuzzReport {
  readonly runs: number;
  readonly crashes: number;
  readonly impossible_prices_past_gate: number;
  readonly passed: number;
  readonly quarantine_reports: number;
  readonly messages: readonly string[];
}

/** The same venue behaviour for the same seed; what the timing of real sockets makes of it may differ. */
export async function fuzzSockets(
  runs: number,
  seed: number,
): Promise<Readonly<Record<string, SocketFuzzReport>>> {
  const reports: Record<string, SocketFuzzReport> = {};
  // Loading the library takes longer than a run.
  await openExchange('binance');
  for (const target of socketTargets) {
    const total = { runs: 0, crashes: 0, impossible_prices_past_gate: 0, passed: 0, quarantine_reports: 0 };
    const messages: string[] = [];
    for (let run = 0; run < runs; run += 1) {
      const one = await socketRun(target, randomStream(seed, 'sockets', target.name, run));
      total.runs += 1;
      total.passed += one.sink.passed;
      total.quarantine_reports += one.sink.quarantines;
      for (const error of one.errors) {
        if (error instanceof ImpossiblePassed) total.impossible_prices_past_gate += 1;
        else total.crashes += 1;
        if (messages.length < 10)
          messages.push(
            `run ${run}: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error)}`,
          );
      }
    }
    reports[target.name] = { ...total, messages };
  }
  return reports;
}

async function socketRun(
  target: SocketTarget,
  random: Random,
): Promise<{ readonly sink: OracleSink; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const caught = (error: unknown) => {
    errors.push(error);
  };
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  const clock = new ScaledClock(startAt, speed);
  const sink = new OracleSink(() => clock.now());
  const earlier: string[] = [];
  const damaged = (sample: string) => {
    const input = damage(sample, earlier, random);
    if (earlier.length < 100) earlier.push(input);
    return input;
  };
  const venue = await openHostileVenue(
    random,
    (path) => damaged(target.body(path, clock.now())),
    () => damaged(target.frame(clock.now(), random)),
  );
  const source = target.build(venue.port, clock, random);
  try {
    await source.start(sink);
    void source.look().catch(() => undefined);
    await pause(runMs / 2);
    await source.restart('fuzz');
    await pause(runMs / 2);
    await source.stop();
  } catch (error) {
    errors.push(error);
  } finally {
    await venue.close();
    await pause(5);
    process.off('uncaughtException', caught);
    process.off('unhandledRejection', caught);
  }
  return { sink, errors };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
