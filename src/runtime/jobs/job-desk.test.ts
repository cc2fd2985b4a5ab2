// Jobs in the process that does them: ends are committed before they are settled, deadlines hold, a stop leaves them to the next start.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decision, filledStore, startAt } from '../../../test/support/api-rows.ts';
import { MemoryStore } from '../../adapters/store/memory/memory-store.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import { randomStream } from '../../kernel/random-stream.ts';
import type { JobResult } from '../../shared/bus/catalogue.ts';
import type { AnyPut } from '../../shared/bus/collections.ts';
import type { Effect } from '../../shared/bus/effects.ts';
import type { Candle } from '../../shared/domain/candle.ts';
import type { JobKind } from '../../shared/domain/task.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import { backtestJob } from './backtest-job.ts';
import { type Job, JobDesk, type JobHandler } from './job-desk.ts';
import { recordJob } from './record-job.ts';
import { reportJob } from './report-job.ts';
import { retrainJob } from './retrain-job.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ato-jobs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
const jobOf = (kind: JobKind, now = startAt): Job => ({ id: `task-${kind}`, kind, attempt: 1, now });
const done = { effect_observed: true, looked_at: 1, found: 0, summary: 'ok' };

function desk(handler: JobHandler) {
  const order: string[] = [];
  const results: JobResult[] = [];
  let refuse = false;
  const silent = () => undefined;
  const made = new JobDesk({
    handlers: { record: handler, backtest: handler, report: handler, retrain: handler },
    clock: { now: () => startAt },
    postAndWait: async (input: KernelInput) => {
      await Promise.resolve();
      if (refuse) throw new Error('the system is shutting down');
      order.push('committed');
      results.push(input.data as JobResult);
    },
    settle: (id) => void order.push(`settled ${id}`),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const effect = (leftMs: number): Effect<'job.run'> => ({
    id: 'e1',
    kind: 'job.run',
    agent: 'orchestrator_ai',
    correlation_id: 'c',
    at: startAt,
    data: { task_id: 't', kind: 'report', attempt: 2, deadline_at: startAt + leftMs },
  });
  return { made, effect, order, results, refuse: () => (refuse = true) };
}

test('an end is committed, and only then its effect is settled', async () => {
  const { made, effect, order, results } = desk(async () => done);
  await made.release(effect(60_000));
  expect(order).toEqual(['committed', 'settled e1']);
  expect(results).toEqual([
    { task_id: 't', kind: 'report', attempt: 2, succeeded: true, result: { ...done, error: null } },
  ]);
});

test('what a handler throws is its end; one that hears nothing is left behind at its deadline; a past deadline begins nothing', async () => {
  const thrown = desk(() => Promise.reject(new Error('disk full')));
  await thrown.made.release(thrown.effect(60_000));
  expect(thrown.results[0]).toMatchObject({ succeeded: false, result: { error: 'disk full' } });
  const deaf = desk(() => new Promise(() => {}));
  await deaf.made.release(deaf.effect(520));
  expect(deaf.results[0]).toMatchObject({
    succeeded: false,
    result: { error: 'it did not end before its deadline' },
  });
  expect(deaf.made.running).toBe(0);
  let begun = 0;
  const late = desk(async () => {
    begun++;
    return done;
  });
  await late.made.release(late.effect(-1));
  expect(late.results[0]).toMatchObject({ succeeded: false });
  expect(begun).toBe(0);
});

test('what healing lets go of ends with an error that is committed, so that the orchestrator tries again', async () => {
  const heeding = desk(
    (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  expect(heeding.made.letGo()).toBe(0);
  const work = heeding.made.release(heeding.effect(60_000));
  expect(heeding.made.letGo()).toBe(1);
  await work;
  expect(heeding.order).toEqual(['committed', 'settled e1']);
  expect(heeding.results[0]).toMatchObject({ succeeded: false, result: { error: 'healing let go of it' } });
  expect(heeding.made.running).toBe(0);
});

test('a stop tells and settles nothing, so that the next start does it again', async () => {
  const waiting = desk(
    (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const work = waiting.made.release(waiting.effect(60_000));
  waiting.made.stop();
  await work;
  const late = desk(async () => done);
  late.refuse();
  const ended = late.made.release(late.effect(60_000));
  late.made.stop();
  await ended;
  expect([waiting.order, late.order]).toEqual([[], []]);
});

test('a report counts what the rows hold, and the same job again replaces it', async () => {
  const handler = reportJob(await filledStore(), folder, 'simulated');
  const first = await handler(jobOf('report', startAt + 3_600_000), never);
  await handler(jobOf('report', startAt + 3_600_000), never);
  expect(readdirSync(folder).sort()).toEqual(['report-task-report.json', 'report-task-report.md']);
  const report = JSON.parse(readFileSync(path.join(folder, 'report-task-report.json'), 'utf8'));
  expect(report).toMatchObject({
    account: 'simulated',
    cut: false,
    fills: 1,
    decisions: { total: expect.any(Number) },
  });
  expect(report.decisions.total).toBeGreaterThan(0);
  expect(first.looked_at).toBeGreaterThan(0);
  expect(readFileSync(path.join(folder, 'report-task-report.md'), 'utf8')).toContain('## decisions');
  const old = await handler(jobOf('report', startAt + 72 * 3_600_000), never);
  expect(old.looked_at).toBe(0);
});

function source(name: string, candles: (count: number) => Candle[] | Error): MarketDataSource {
  return {
    name,
    kind: 'simulated',
    symbols: ['BTCUSDT'],
    history: async (_symbol: string, count: number) => {
      const found = candles(count);
      if (found instanceof Error) throw found;
      return found;
    },
  } as unknown as MarketDataSource;
}

const minutes = (from: number, count: number): Candle[] =>
  Array.from({ length: count }, (_, index) => ({
    symbol: 'BTCUSDT',
    timeframe: '1m',
    openTime: from + index * 60_000,
    open: 100,
    high: 101,
    low: 99,
    close: 100,
    volume: 1,
  }));

test('recordings grow without a candle twice, one folder per source, and a silent source is a failure', async () => {
  const asked: number[] = [];
  const good = source('binance', (count) => {
    asked.push(count);
    return minutes(startAt, 30);
  });
  const first = await recordJob([good], folder)(jobOf('record', startAt + 30 * 60_000), never);
  expect(first).toMatchObject({ effect_observed: true, found: 30, looked_at: 1 });
  const again = await recordJob([good], folder)(jobOf('record', startAt + 30 * 60_000), never);
  expect(again).toMatchObject({ effect_observed: false, found: 0 });
  expect(asked).toEqual([1_440, 1]);
  const silent = source('../odd name', () => new Error('offline'));
  await expect(recordJob([silent], folder)(jobOf('record'), never)).rejects.toThrow(
    'no source gave past candles of BTCUSDT',
  );
  expect(readdirSync(folder).sort()).toEqual(['___odd_name', 'binance']);
});

test('a backtest plays what was recorded through the real program, and is killed with its signal', async () => {
  const empty = backtestJob({ tapes: [path.join(folder, 'none')], reports: folder, seed: 1 });
  expect(await empty(jobOf('backtest'), never)).toMatchObject({
    effect_observed: false,
    summary: 'nothing is recorded yet',
  });
  const tapes = path.join(folder, 'tapes');
  await recordJob([source('binance', () => minutes(startAt, 120))], tapes)(
    jobOf('record', startAt + 7_200_000),
    never,
  );
  const parts = { tapes: [path.join(tapes, 'binance')], reports: path.join(folder, 'reports'), seed: 3 };
  expect(await backtestJob(parts)(jobOf('backtest'), never)).toMatchObject({
    effect_observed: true,
    looked_at: 120,
  });
  const report = JSON.parse(readFileSync(path.join(parts.reports, 'backtest-task-backtest.json'), 'utf8'));
  expect(report).toMatchObject({ candles: 120, journal_hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const program = path.join(folder, 'hangs.mjs');
  writeFileSync(program, 'setInterval(() => {}, 1000);');
  const hanging = backtestJob({ ...parts, program: [program] })(jobOf('backtest'), AbortSignal.timeout(300));
  await expect(hanging).rejects.toThrow(/abort|timeout/i);
  writeFileSync(program, 'console.error("no such tape"); process.exit(1);');
  await expect(backtestJob({ ...parts, program: [program] })(jobOf('backtest'), never)).rejects.toThrow(
    'ended with 1: no such tape',
  );
});

function decisions(count: number, biased: boolean): MemoryStore {
  const store = new MemoryStore();
  const random = randomStream(4, 'decisions');
  const calibration = { coefficients: [0, 1, 0.5, -0.5] };
  const puts: AnyPut[] = [
    {
      collection: 'agent_memory',
      key: 'orchestrator_ai/learning/calibration',
      value: { agent: 'orchestrator_ai', value: calibration },
    },
  ];
  for (let k = 0; k < count; k++) {
    const tasks = 2 * random.next();
    // Biased: what is said to be likely happens far less often.
    const truth = 1 / (1 + Math.exp(-(biased ? tasks - 2 : tasks)));
    const outcome = {
      scored_at: k,
      successful: random.next() < truth,
      tasks_succeeded: 1,
      tasks_failed: 0,
      detail: '',
    };
    const value = decision({ id: `d${k}`, at: k, confidence_inputs: [1, tasks, 0, 0], outcome, open: false });
    puts.push({ collection: 'decisions', key: value.id, value });
  }
  store.commitNow({ entries: [], puts, effects: [], settledEffectIds: [] });
  return store;
}

test('a retraining refits a confidence that is wrong, and leaves one alone that is right or hardly tried', async () => {
  const found = async (count: number, biased: boolean) =>
    retrainJob({ store: decisions(count, biased), tapes: [] })(jobOf('retrain'), never);
  const wrong = await found(900, true);
  expect(wrong.refits).toMatchObject([{ part: 'confidence', fitted_on: 630, held_out: 270 }]);
  expect(wrong.refits?.[0]?.coefficients[0]).toBeLessThan(-0.8);
  expect(wrong.refits?.[0]?.after).toBeLessThan(wrong.refits?.[0]?.before ?? 0);
  expect(await found(900, false)).toMatchObject({ found: 0, refits: [], effect_observed: true });
  expect(await found(150, true)).toMatchObject({ found: 0, looked_at: 150 });
  expect(await found(0, true)).toMatchObject({ effect_observed: false });
});

test('a retraining fits on the recordings by the real program; too few finds are said, not fitted', async () => {
  const tapes = path.join(folder, 'short');
  await recordJob([source('binance', () => minutes(startAt, 1_440))], tapes)(
    jobOf('record', startAt + 86_400_000),
    never,
  );
  const job = retrainJob({ store: decisions(0, false), tapes: [path.join(tapes, 'binance')] });
  const result = await job(jobOf('retrain'), never);
  expect(result).toMatchObject({ effect_observed: true, found: 0 });
  expect(result.summary).toMatch(/confidence: 0 decisions, kept; crypto: 0 finds/);
});
