// A running system in several processes with real servers, built to be broken: started, provoked, asked whether it is well, and
// removed. What it says is written down with when; nothing that it says of itself is believed when it comes to being well.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { schemaOf } from '../../shared/config/process-settings.ts';
import { agentNames } from '../../shared/domain/agent-name.ts';
import { type AlertReceiver, openAlertReceiver } from '../fault-lab/alert-receiver.ts';
import { freePort } from '../fault-lab/child-server.ts';
import { startPostgres } from '../fault-lab/postgres-server.ts';
import { startRabbit } from '../fault-lab/rabbitmq-server.ts';
import { startRedis } from '../fault-lab/redis-server.ts';
import { TcpProxy } from '../fault-lab/tcp-proxy.ts';
import { openWatchman } from '../processes/open-watchman.ts';
import { planProcesses } from '../processes/process-plan.ts';
import { ProcessSupervisor } from '../processes/supervisor.ts';
import type { Watchman } from '../processes/watchman.ts';
import type { ServerRelayKind } from '../relay/open-relay.ts';
import type { Lab } from './faults.ts';
import { HealthRecord } from './health-record.ts';
import type { Home } from './ledger.ts';

export const processGroups = ['orchestrator,health', 'analyst', 'trading'];
const readyTimeoutMs = 120_000;
const lookMs = 200;
const memoryMb = 256;
const scans = [
  'crypto-aggressive-scan',
  'crypto-normal-scan',
  'crypto-light-monitoring',
  'deep-market-analysis',
];

/** What a process said of trouble, or the supervisor of a process, with when in steady milliseconds. */
export interface Word {
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

/** Lines of the log that tell of trouble. */
const trouble = /WARN|ERROR|the kernel loop stopped|cannot be opened|does not answer|answers slowly|Stopped:/;

export interface SystemRequest {
  readonly relay: ServerRelayKind;
  readonly seed: number;
  /** File of the strategy that trades and, told by a file, misbehaves. */
  readonly strategy: string;
}

export class BreakableSystem {
  readonly lab: Lab;
  readonly words: readonly Word[];
  readonly receiver: AlertReceiver;
  readonly record: HealthRecord;
  readonly homes: readonly Home[];
  /** Of the database, around the network that can be cut. */
  readonly databaseUrl: string;
  readonly #watchman: Watchman;
  readonly #folder: string;
  readonly #base: string;

  private constructor(parts: {
    readonly lab: Lab;
    readonly words: readonly Word[];
    readonly receiver: AlertReceiver;
    readonly watchman: Watchman;
    readonly folder: string;
    readonly base: string;
  }) {
    this.lab = parts.lab;
    this.words = parts.words;
    this.receiver = parts.receiver;
    this.#watchman = parts.watchman;
    this.#folder = parts.folder;
    this.#base = parts.base;
    this.databaseUrl = parts.lab.database.url;
    this.homes = processGroups.map((group) => {
      const agents = agentNames.filter((agent) => group.split(',').includes(agent.slice(0, -3)));
      return { agents, schema: schemaOf({ AGENTS: agents, DATABASE_SCHEMA: 'ai_trading' }) };
    });
    this.record = new HealthRecord(this.databaseUrl, this.homes[0]?.schema ?? '');
  }

  /** Throws when it does not get ready; nothing is left behind then. */
  static async start({ relay: kind, seed, strategy }: SystemRequest): Promise<BreakableSystem> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-chaos-'));
    const relay = await (kind === 'redis' ? startRedis() : startRabbit());
    const database = await startPostgres();
    const relayNetwork = await TcpProxy.before(relay.port);
    const databaseNetwork = await TcpProxy.before(database.port);
    const receiver = await openAlertReceiver();
    const through = (url: string, from: number, to: number) => url.replace(`:${from}`, `:${to}`);
    const words: Word[] = [];
    const say = (by: string, text: string) => words.push({ at: performance.now(), by, text });
    const trigger = path.join(folder, 'fault');
    const port = await freePort();
    const environment = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: through(database.url, database.port, databaseNetwork.port),
      RELAY: kind,
      RELAY_URL: through(relay.url, relay.port, relayNetwork.port),
      FAULT_TRIGGER: trigger,
      ORCHESTRATOR_PORT: String(port),
      DATA_DIR: path.join(folder, 'data'),
      LOG_DIR: path.join(folder, 'logs'),
      ATO_SEED: String(seed),
      ATO_ALERT_WEBHOOK_URL: receiver.url,
      ...systemSettings(strategy),
    };
    const processes = planProcesses({ groups: processGroups, workers: 0, environment, folder });
    // As `ato processes` has it: the one who tells when the health agent's own process does not come back.
    const watchman = await openWatchman(processes, folder, () => undefined);
    const supervisor = new ProcessSupervisor({
      ...{ processes, folder, memoryMb },
      observe: (event) => {
        watchman.observe(event);
        const { process: name, kind, detail } = event;
        if (kind === 'silent' || kind === 'ended') say('supervisor', `${name} ${kind}: ${detail}`);
      },
      line: (name, text) => {
        watchman.line(name, text);
        if (trouble.test(text)) say(name, text);
      },
    });
    const lab = { relay, relayNetwork, database, databaseNetwork, supervisor, trigger };
    const base = `http://127.0.0.1:${port}`;
    const system = new BreakableSystem({ lab, words, receiver, watchman, folder, base });
    supervisor.start();
    watchman.start();
    try {
      if ((await system.well(readyTimeoutMs)) === undefined) throw new Error('the system did not get ready');
      await system.record.start();
    } catch (error) {
      await system.remove();
      throw error;
    }
    return system;
  }

  /** Asks for every kind of scan; those that ran a moment ago refuse, which is well. */
  async provoke(): Promise<void> {
    for (const kind of scans)
      await fetch(`${this.#base}/tasks/${kind}/run`, {
        method: 'POST',
        signal: AbortSignal.timeout(2_000),
      }).catch(() => undefined);
  }

  /**
   * When the system is well: every process lives, a person's command goes through, and no message waits unacknowledged that was
   * there when the question was asked. Undefined when that does not come in time. `ending`: a process that has to end first.
   */
  async well(timeoutMs: number, ending?: string): Promise<number | undefined> {
    const until = performance.now() + timeoutMs;
    if (ending !== undefined) await this.#ended(ending, until);
    while (performance.now() < until) {
      if (await this.#commandGoesThrough(until).catch(() => false)) return performance.now();
      await delay(lookMs);
    }
    return undefined;
  }

  async #ended(name: string, until: number): Promise<void> {
    const from = performance.now();
    const isEnd = ({ at, by, text }: Word) =>
      at >= from - 1_000 && by === 'supervisor' && text.startsWith(`${name} ended`);
    while (performance.now() < until && !this.words.some(isEnd)) await delay(lookMs);
  }

  /** A command to the orchestrator's process, heard by trading's too, committed there and acknowledged. */
  async #commandGoesThrough(until: number): Promise<boolean> {
    const response = await fetch(`${this.#base}/control/force-decision`, {
      method: 'POST',
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) return false;
    const client = new pg.Client({
      connectionString: this.databaseUrl,
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
    for (const { schema } of this.homes) {
      const links = await client.query<{ key: string; last: string }>(
        `select key, data ->> 'last' as last from ${schema}.relay_links`,
      );
      for (const { key, last } of links.rows) found.set(`${schema} ${key}`, Number(last));
    }
    return found;
  }

  async #allHeard(client: pg.Client, asked: ReadonlyMap<string, number>, since: string): Promise<boolean> {
    // Every process must have renewed its lease since the question: a dead one leaves its old acknowledgements behind.
    for (const { schema } of this.homes) {
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

  /** Stops in order, after what was said in the last moments was delivered by one more start: then all can be counted. */
  async settle(timeoutMs: number): Promise<void> {
    await this.lab.supervisor.stop();
    this.#watchman.stop();
    const restarted = this.lab.supervisor.again();
    restarted.start();
    await this.well(timeoutMs);
    await restarted.stop();
  }

  async remove(): Promise<void> {
    const { supervisor, relay, database, relayNetwork, databaseNetwork } = this.lab;
    await this.record.stop();
    this.#watchman.stop();
    await supervisor.stop();
    await Promise.all([relayNetwork.close(), databaseNetwork.close(), this.receiver.close()]);
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
    // More faults than any honest day has: the cap must hide none of their pages.
    ATO_ALERTS_PER_DAY: '500',
  };
}
