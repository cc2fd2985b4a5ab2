// A running system in several processes, with real servers, broken in every way of the list one after the other: what was noticed
// when, when all was well again, and at the end what was lost. Nothing here is claimed by the system itself: the journals are read.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { randomStream } from '../../kernel/random-stream.ts';
import { schemaOf } from '../../shared/config/process-settings.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { freePort } from '../fault-lab/child-server.ts';
import { postgresMissing, startPostgres } from '../fault-lab/postgres-server.ts';
import { rabbitMissing, startRabbit } from '../fault-lab/rabbitmq-server.ts';
import { redisMissing, startRedis } from '../fault-lab/redis-server.ts';
import { TcpProxy } from '../fault-lab/tcp-proxy.ts';
import { planProcesses } from '../processes/process-plan.ts';
import { ProcessSupervisor } from '../processes/supervisor.ts';
import type { ServerRelayKind } from '../relay/open-relay.ts';
import { type Lab, type ProcessFault, processFaults } from './faults.ts';
import { countMessages, countOrders, type Home, type MessageCount, type OrderCount } from './ledger.ts';

const groups = ['orchestrator,health', 'analyst', 'trading'];
const readyTimeoutMs = 120_000;
const healTimeoutMs = 120_000;
const shortestHoldMs = 6_000;
const longestHoldMs = 12_000;
const calmMs = 3_000;
const lookMs = 200;
const scans = [
  'crypto-aggressive-scan',
  'crypto-normal-scan',
  'crypto-light-monitoring',
  'deep-market-analysis',
];
const memoryMb = 256;

export interface FaultReport {
  readonly fault: string;
  readonly seed: number;
  /** Milliseconds from the fault to the first word of the system about it; null when it said nothing. */
  readonly detected_after_ms: number | null;
  readonly detected_by: string | null;
  /** Milliseconds from the fault until every process lived, and each had committed what the others said to it meanwhile. */
  readonly healed_after_ms: number | null;
  /** How long the fault itself lasted. */
  readonly fault_lasted_ms: number;
  readonly ok: boolean;
}

export interface SeedReport {
  readonly seed: number;
  readonly messages: MessageCount;
  readonly orders: OrderCount;
  /** Processes whose journal does not end where its rows say. */
  readonly ok: boolean;
}

export interface ChaosReport {
  readonly relay: ServerRelayKind;
  readonly processes: readonly string[];
  readonly faults: readonly FaultReport[];
  readonly seeds: readonly SeedReport[];
  readonly targets: { readonly detected_within_ms: number; readonly lost: 0; readonly doubled: 0 };
  readonly ok: boolean;
}

export interface ChaosRequest {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly relay: ServerRelayKind;
  /** Only faults whose name holds this. */
  readonly only?: string;
  /** File of the strategy that trades and, told by a file, misbehaves. */
  readonly strategy: string;
  readonly note: (text: string) => void;
}

const detectWithinMs = 15_000;

/** Why it cannot run here; undefined when it can. */
export function missingFor(relay: ServerRelayKind): string | undefined {
  return postgresMissing() ?? (relay === 'redis' ? redisMissing() : rabbitMissing());
}

/** One system per seed, broken in an order and for times that the seed decides. */
export async function chaosProcesses(request: ChaosRequest): Promise<ChaosReport> {
  const faults: FaultReport[] = [];
  const seeds: SeedReport[] = [];
  for (let seed = request.firstSeed; seed < request.firstSeed + request.seeds; seed++) {
    const run = await System.start(request, seed);
    try {
      for (const fault of run.order()) faults.push(await run.breakIt(fault));
      seeds.push(await run.count());
    } finally {
      await run.remove();
    }
  }
  return {
    relay: request.relay,
    processes: groups,
    faults,
    seeds,
    targets: { detected_within_ms: detectWithinMs, lost: 0, doubled: 0 },
    ok: faults.every(({ ok }) => ok) && seeds.every(({ ok }) => ok),
  };
}

/** What the system said, with when. */
interface Word {
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

/** Lines of the log that tell of trouble, and events of the supervisor that do. */
const trouble = /WARN|ERROR|the kernel loop stopped|cannot be opened|does not answer|answers slowly|Stopped:/;

class System {
  readonly #request: ChaosRequest;
  readonly #seed: number;
  readonly #folder: string;
  readonly #lab: Lab;
  readonly #words: Word[];
  readonly #homes: readonly Home[];
  readonly #base: string;
  readonly #direct: string;

  private constructor(
    request: ChaosRequest,
    seed: number,
    folder: string,
    lab: Lab,
    words: Word[],
    base: string,
  ) {
    this.#request = request;
    this.#seed = seed;
    this.#folder = folder;
    this.#lab = lab;
    this.#words = words;
    this.#base = base;
    this.#direct = lab.database.url;
    this.#homes = groups.map((group) => {
      const agents = agentNames.filter((agent) => group.split(',').includes(agent.slice(0, -3)));
      return { agents, schema: schemaOf({ AGENTS: agents, DATABASE_SCHEMA: 'ai_trading' }) };
    });
  }

  static async start(request: ChaosRequest, seed: number): Promise<System> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-chaos-'));
    const [relay, database] = [
      await (request.relay === 'redis' ? startRedis() : startRabbit()),
      await startPostgres(),
    ];
    const [relayNetwork, databaseNetwork] = [
      await TcpProxy.before(relay.port),
      await TcpProxy.before(database.port),
    ];
    const through = (url: string, from: number, to: number) => url.replace(`:${from}`, `:${to}`);
    const words: Word[] = [];
    const say = (by: string, text: string) => words.push({ at: performance.now(), by, text });
    const trigger = path.join(folder, 'fault');
    const port = await freePort();
    const environment = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: through(database.url, database.port, databaseNetwork.port),
      RELAY: request.relay,
      RELAY_URL: through(relay.url, relay.port, relayNetwork.port),
      FAULT_TRIGGER: trigger,
      ORCHESTRATOR_PORT: String(port),
      DATA_DIR: path.join(folder, 'data'),
      LOG_DIR: path.join(folder, 'logs'),
      ATO_SEED: String(seed),
      ...systemSettings(request.strategy),
    };
    const supervisor = new ProcessSupervisor({
      processes: planProcesses({ groups, workers: 0, environment, folder }),
      folder,
      memoryMb,
      observe: ({ process: name, kind, detail }) => {
        if (kind === 'silent' || kind === 'ended') say('supervisor', `${name} ${kind}: ${detail}`);
      },
      line: (name, text) => {
        if (trouble.test(text)) say(name, text);
      },
    });
    const lab = { relay, relayNetwork, database, databaseNetwork, supervisor, trigger };
    const system = new System(request, seed, folder, lab, words, `http://127.0.0.1:${port}`);
    request.note(`seed ${seed}: starting ${groups.length} processes on ${request.relay} and PostgreSQL`);
    supervisor.start();
    try {
      if ((await system.#well(readyTimeoutMs)) === undefined) throw new Error('the system did not get ready');
    } catch (error) {
      await system.remove();
      throw error;
    }
    return system;
  }

  /** The faults in the order of this seed. */
  order(): readonly ProcessFault[] {
    const random = randomStream(this.#seed, 'faults');
    const wanted = processFaults.filter(({ name }) => name.includes(this.#request.only ?? ''));
    return wanted
      .map((fault) => ({ fault, place: random.next() }))
      .sort((left, right) => left.place - right.place)
      .map(({ fault }) => fault);
  }

  async breakIt(fault: ProcessFault): Promise<FaultReport> {
    const random = randomStream(this.#seed, 'hold', fault.name);
    const holdMs = Math.round(shortestHoldMs + random.next() * (longestHoldMs - shortestHoldMs));
    await delay(calmMs);
    // Broken while signals and orders are under way.
    await this.#provoke();
    const begun = performance.now();
    await fault.inflict(this.#lab, holdMs);
    const lasted = performance.now() - begun;
    const wellAt = await this.#well(healTimeoutMs, fault);
    const word = this.#words.find(({ at }) => at >= begun);
    const detected = word === undefined ? null : Math.round(word.at - begun);
    const report: FaultReport = {
      fault: fault.name,
      seed: this.#seed,
      detected_after_ms: detected,
      detected_by: word === undefined ? null : `${word.by}: ${word.text.slice(0, 160)}`,
      healed_after_ms: wellAt === undefined ? null : Math.round(wellAt - begun),
      fault_lasted_ms: Math.round(lasted),
      ok: wellAt !== undefined && detected !== null && detected <= detectWithinMs,
    };
    this.#request.note(
      `seed ${this.#seed}: ${fault.name}: noticed after ${report.detected_after_ms ?? '-'} ms, well after ${report.healed_after_ms ?? '-'} ms`,
    );
    return report;
  }

  /** Stops everything in order, then counts what each process said and heard, and the books. */
  async count(): Promise<SeedReport> {
    await this.#well(healTimeoutMs);
    await this.#lab.supervisor.stop();
    const messages = await countMessages(this.#direct, await this.#settled());
    const orders = await countOrders(this.#direct, this.#homes[2]?.schema ?? '');
    const clean = [messages.lost, messages.doubled, messages.out_of_order, orders.lost, orders.doubled];
    return {
      seed: this.#seed,
      messages,
      orders,
      ok: messages.sent > 0 && clean.every((value) => value === 0),
    };
  }

  /** What was said in the very last moments waits for a next start: that is delivered first, so that all can be counted. */
  async #settled(): Promise<readonly Home[]> {
    const restarted = this.#lab.supervisor.again();
    restarted.start();
    await this.#well(healTimeoutMs);
    await restarted.stop();
    return this.#homes;
  }

  /**
   * When the system is well: every process lives, a person's command goes through, and no message waits unacknowledged that was
   * there when the question was asked. Undefined when that does not come in time.
   */
  async #well(timeoutMs: number, fault?: ProcessFault): Promise<number | undefined> {
    const until = performance.now() + timeoutMs;
    // A misbehaving process first has to be ended before it can be well again.
    if (fault !== undefined && /spinning|leaking|throwing|killed$/.test(fault.name))
      await this.#ended(fault.target, until);
    while (performance.now() < until) {
      if (await this.#commandGoesThrough(until).catch(() => false)) return performance.now();
      await delay(lookMs);
    }
    return undefined;
  }

  async #ended(target: string, until: number): Promise<void> {
    const from = performance.now();
    while (performance.now() < until) {
      const gone = this.#words.some(
        ({ at, by, text }) => at >= from - 1_000 && by === 'supervisor' && text.startsWith(`${target} ended`),
      );
      if (gone) return;
      await delay(lookMs);
    }
  }

  /** Asks for every kind of scan; those that ran a moment ago refuse, which is well. */
  async #provoke(): Promise<void> {
    for (const kind of scans)
      await fetch(`${this.#base}/tasks/${kind}/run`, {
        method: 'POST',
        signal: AbortSignal.timeout(2_000),
      }).catch(() => undefined);
  }

  /** A command to the orchestrator's process, heard by trading's too, committed there and acknowledged. */
  async #commandGoesThrough(until: number): Promise<boolean> {
    const response = await fetch(`${this.#base}/control/force-decision`, {
      method: 'POST',
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) return false;
    const client = new pg.Client({
      connectionString: this.#direct,
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const asked = await this.#said(client);
      const since = await client.query<{ now: string }>('select clock_timestamp()::text as now');
      while (performance.now() < until) {
        if (await this.#allHeard(client, asked, since.rows[0]?.now ?? '')) return true;
        await delay(lookMs);
      }
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Last number of every link, by schema and agent. */
  async #said(client: pg.Client): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const { schema } of this.#homes) {
      const links = await client.query<{ key: string; last: string }>(
        `select key, data ->> 'last' as last from ${schema}.relay_links`,
      );
      for (const { key, last } of links.rows) found.set(`${schema} ${key}`, Number(last));
    }
    return found;
  }

  async #allHeard(client: pg.Client, asked: ReadonlyMap<string, number>, since: string): Promise<boolean> {
    // Every process must have renewed its lease since the question: a dead one leaves its old acknowledgements behind.
    for (const { schema } of this.#homes) {
      const lease = await client.query<{ fresh: boolean }>(
        `select renewed_at > $1::timestamptz as fresh from ${schema}.lease`,
        [since],
      );
      if (lease.rows[0]?.fresh !== true) return false;
      const links = await client.query<{ key: string; acknowledged: string }>(
        `select key, data ->> 'acknowledged' as acknowledged from ${schema}.relay_links`,
      );
      for (const { key, acknowledged } of links.rows)
        if (Number(acknowledged) < (asked.get(`${schema} ${key}`) ?? 0)) return false;
    }
    return asked.size > 0;
  }

  async remove(): Promise<void> {
    const { supervisor, relay, database, relayNetwork, databaseNetwork } = this.#lab;
    await supervisor.stop();
    await Promise.all([relayNetwork.close(), databaseNetwork.close()]);
    await Promise.all([relay.remove(), database.remove()]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A generated market with a strategy that trades at every look, and looks as often as allowed. */
function systemSettings(strategy: string): Record<string, string> {
  return {
    ATO_STRATEGY_FILE: strategy,
    ATO_MARKET_SOURCE: 'synthetic',
    ATO_UNIVERSE: 'BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT',
    ATO_NEWS: 'off',
    ATO_DISCOVERY: 'off',
    ATO_LOOKS_PER_HOUR: '3600',
    ATO_LOOK_CPU_SECONDS_PER_HOUR: '100000',
    ATO_MAX_OPEN_POSITIONS: '20',
    ATO_MAX_DRAWDOWN_PCT: '100',
    ATO_MAX_DAILY_LOSS_PCT: '100',
    ATO_LOSS_COOLDOWN_MINUTES: '0',
    ATO_LOSS_STREAK: '0',
  };
}
