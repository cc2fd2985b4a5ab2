// A running system in several processes, with real servers, broken in every way of the list one after the other: who noticed
// what and when, what was done, what people were told, when all was well again, and at the end what was lost.
import { setTimeout as delay } from 'node:timers/promises';
import { randomStream } from '../../kernel/random-stream.ts';
import { postgresMissing } from '../fault-lab/postgres-server.ts';
import { rabbitMissing } from '../fault-lab/rabbitmq-server.ts';
import { redisMissing } from '../fault-lab/redis-server.ts';
import type { ServerRelayKind } from '../relay/open-relay.ts';
import { type ProcessFault, processFaults } from './faults.ts';
import { type FaultVerdict, judge } from './judge.ts';
import { countMessages, countOrders } from './ledger.ts';
import { type ProcessesReport, type ProcessFaultRun, processesReport, type SystemCount } from './report.ts';
import { BreakableSystem, processGroups } from './system.ts';

const healTimeoutMs = 120_000;
/** Longer than anybody may take to notice, so that what is noticed is the fault and not its end. */
const shortestHoldMs = 16_000;
const longestHoldMs = 22_000;
/** Longer than a process that was just started believes itself to be the late one. */
const calmMs = 6_000;
const lookMs = 200;
/** A record is verified ten seconds after a restart; a relay's when it answers and what waited is gone, which may take longer. */
const verifyTimeoutMs = 90_000;

export interface ChaosRequest {
  readonly runs: number;
  readonly firstSeed: number;
  readonly relay: ServerRelayKind;
  /** Only these, in the order of the seed; absent means all. */
  readonly faults?: readonly string[];
  /** File of the strategy that trades and, told by a file, misbehaves. */
  readonly strategy: string;
  readonly note: (text: string) => void;
}

/** Why it cannot run here; undefined when it can. */
export function missingFor(relay: ServerRelayKind): string | undefined {
  return postgresMissing() ?? (relay === 'redis' ? redisMissing() : rabbitMissing());
}

/** Broken in an order and for times that the seed decides; three faults to a system, so that each has its own story. */
export async function chaosProcesses(request: ChaosRequest): Promise<ProcessesReport> {
  const runs: ProcessFaultRun[] = [];
  const counts: SystemCount[] = [];
  for (let seed = request.firstSeed; seed < request.firstSeed + request.runs; seed++)
    for (const faults of roundsOf(seed, request.faults)) {
      const counted = await breakSystem(request, seed, faults);
      runs.push(...counted.runs);
      counts.push(counted.count);
    }
  return processesReport({ relay: request.relay, processes: processGroups, runs, counts });
}

interface Counted {
  readonly runs: readonly ProcessFaultRun[];
  readonly count: SystemCount;
}

async function breakSystem(
  { relay, strategy, note }: ChaosRequest,
  seed: number,
  faults: readonly ProcessFault[],
): Promise<Counted> {
  const system = await BreakableSystem.start({ relay, seed, strategy });
  try {
    const broken: Broken[] = [];
    for (const fault of faults) {
      const one = await breakIt(system, fault, seed);
      broken.push(one);
      note(`seed ${seed}: ${toldSoFar(one)}`);
    }
    return await countAll(system, broken, seed);
  } finally {
    await system.remove();
  }
}

interface Broken {
  readonly fault: ProcessFault;
  /** When it began: milliseconds since 1970, and steady ones. */
  readonly at: number;
  readonly begun: number;
  /** As things are known now; `until`: when the next fault began. */
  readonly verdict: (until?: number) => FaultVerdict;
}

/**
 * The faults in the order of this seed, in rounds: at most one of the relay, one of the database and one of a process, for an
 * incident that is still open from another fault of the same thing would hide the next one.
 */
export function roundsOf(seed: number, wanted: readonly string[] | undefined): readonly ProcessFault[][] {
  const random = randomStream(seed, 'faults');
  const shuffled = processFaults
    .filter(({ name }) => wanted?.includes(name) ?? true)
    .map((fault) => ({ fault, place: random.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ fault }) => fault);
  const kinds = [...new Set(shuffled.map(({ target }) => kindOf(target)))];
  const queues = kinds.map((kind) => shuffled.filter(({ target }) => kindOf(target) === kind));
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, round) => queues.flatMap((queue) => queue[round] ?? []));
}

function kindOf(target: ProcessFault['target']): string {
  return target === 'relay' || target === 'database' ? target : 'process';
}

async function breakIt(system: BreakableSystem, fault: ProcessFault, seed: number): Promise<Broken> {
  const random = randomStream(seed, 'hold', fault.name);
  const holdMs = Math.round(shortestHoldMs + random.next() * (longestHoldMs - shortestHoldMs));
  await delay(calmMs);
  // Broken while signals and orders are under way.
  await system.provoke();
  const [begun, at] = [performance.now(), Date.now()];
  await fault.inflict(system.lab, holdMs);
  const lastedMs = performance.now() - begun;
  // A misbehaving process first has to be ended before it can be well again.
  const well = await system.well(healTimeoutMs, fault.endsBy === 'healing' ? fault.target : undefined);
  const verdict = (end = Number.POSITIVE_INFINITY) =>
    judge(fault, {
      ...{ begun, until: end, well, lastedMs, words: system.words, alerts: system.receiver.alerts },
      ...{ incidents: system.record.incidents, heals: system.record.heals },
    });
  const until = performance.now() + verifyTimeoutMs;
  while (performance.now() < until && !(verdict().verified && verdict().detected_after_ms !== null))
    await delay(lookMs);
  return { fault, at, begun, verdict };
}

/** Stops everything in order, then counts what each process said and heard, and the books, fault by fault. */
async function countAll(system: BreakableSystem, broken: readonly Broken[], seed: number): Promise<Counted> {
  await system.well(healTimeoutMs);
  await system.record.stop();
  await system.settle(healTimeoutMs);
  const { times: said, ...messages } = await countMessages(system.databaseUrl, system.homes);
  const { times: booked, ...orders } = await countOrders(system.databaseUrl, system.homes[2]?.schema ?? '');
  const runs = broken.map(({ fault, at, verdict }, index) => {
    const next = broken[index + 1];
    const end = next?.at ?? Number.POSITIVE_INFINITY;
    const during = (times: readonly number[]) => times.filter((time) => time >= at && time < end).length;
    return {
      ...{ fault: fault.name, seed, ...verdict(next?.begun) },
      ...{ messages: during(said.sent), messages_lost: during(said.lost) },
      ...{ messages_doubled: during(said.doubled), orders: during(booked.orders) },
      ...{ orders_lost: during(booked.lost), orders_doubled: during(booked.doubled) },
    };
  });
  const { repeated: pages_repeated, malformed: pages_malformed } = system.receiver;
  const faults = broken.map(({ fault }) => fault.name);
  return { runs, count: { seed, faults, messages, orders, pages_repeated, pages_malformed } };
}

function toldSoFar({ fault, verdict }: Broken): string {
  const { detected_after_ms, detected_as, healed_after_ms, verified, pages_opened } = verdict();
  return `${fault.name}: ${detected_as === null ? 'not noticed' : `noticed after ${detected_after_ms} ms (${detected_as.slice(0, 80)})`}, well after ${healed_after_ms ?? '-'} ms, ${verified ? 'verified' : 'not verified'}, ${pages_opened} pages`;
}
