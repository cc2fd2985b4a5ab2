// The real API over a memory store with made rows: what the page meets in life, without the agents behind it.
import type { FastifyInstance } from 'fastify';
import { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import type { ApiDependencies, RuntimeFacts } from '../../src/api/api-dependencies.ts';
import { createApi } from '../../src/api/create-api.ts';
import type { MessageDataByType, MessageType, OperatorCommand } from '../../src/shared/bus/catalogue.ts';
import type { AnyPut } from '../../src/shared/bus/collections.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import { learning, quietHealthReport, schedule } from '../support/api-views.ts';
import type { SampleRows } from './sample-rows.ts';

type Listener = (messages: readonly AnyMessage[]) => void;

const quietLog = { debug() {}, info() {}, warn() {}, error() {} };

/** All rows as puts, oldest first, as they would have been committed. */
function putsOf(rows: SampleRows): AnyPut[] {
  const puts: AnyPut[] = [
    ...rows.decisions.map((value): AnyPut => ({ collection: 'decisions', key: value.id, value })),
    ...rows.tasks.map((value): AnyPut => ({ collection: 'tasks', key: value.id, value })),
    ...rows.signals.map((value): AnyPut => ({ collection: 'signals', key: value.signal_id, value })),
    ...rows.orders.map((value): AnyPut => ({ collection: 'orders', key: value.id, value })),
    ...rows.fills.map((value): AnyPut => ({ collection: 'fills', key: value.id, value })),
    ...rows.positions.map((value): AnyPut => ({ collection: 'positions', key: value.id, value })),
    ...rows.refusals.map((value): AnyPut => ({ collection: 'refusals', key: value.id, value })),
    ...rows.candidates.map((value): AnyPut => ({ collection: 'candidates', key: value.id, value })),
    ...rows.incidents.map((value): AnyPut => ({ collection: 'incidents', key: value.id, value })),
    {
      collection: 'trading_state',
      key: 'current',
      value: { state: 'active', by: 'system', reason: 'paper start', since: rows.vitals.at },
    },
  ];
  const curve = rows.equity.map((value): AnyPut => ({ collection: 'equity', key: String(value.at), value }));
  return [...puts.reverse(), ...curve];
}

export class PageServer {
  readonly commands: OperatorCommand[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #rows: SampleRows;
  readonly #folder: string;
  readonly #token: string | undefined;
  readonly #bindAddress: string;
  #running = true;
  #messages = 0;
  #api: FastifyInstance | undefined;

  /** With a token, `bindAddress` decides whether reading needs it too: only beyond this machine. */
  constructor(folder: string, rows: SampleRows, token?: string, bindAddress = '127.0.0.1') {
    this.#bindAddress = bindAddress;
    this.#folder = folder;
    this.#rows = rows;
    this.#token = token;
  }

  /** Listens on `port`, 0 for any free one; returns the port. */
  async start(port = 0): Promise<number> {
    const store = new MemoryStore();
    store.commitNow({ entries: [], puts: putsOf(this.#rows), effects: [], settledEffectIds: [] });
    const dependencies: ApiDependencies = {
      reader: store,
      post: async (command) => this.#obey(command),
      runtime: () => this.#facts(),
      stream: {
        subscribe: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      workflows: () => [],
      schedule,
      healthReport: async () => quietHealthReport,
      learning,
      pageFolder: this.#folder,
      apiToken: this.#token,
      bindAddress: this.#bindAddress,
      log: quietLog,
    };
    this.#api = await createApi(dependencies);
    for (const symbol of new Set(this.#rows.candles.map((candle) => candle.symbol))) {
      const candles = this.#rows.candles.filter((candle) => candle.symbol === symbol);
      this.commit('market.history', {
        source: 'synthetic',
        kind: 'simulated',
        symbol,
        candles,
        known_at: Date.now(),
      });
    }
    const address = await this.#api.listen({ host: '127.0.0.1', port });
    return Number(new URL(address).port);
  }

  async stop(): Promise<void> {
    await this.#api?.close();
  }

  /** Lets the API hear a message as if the kernel had just committed it. */
  commit<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): AnyMessage {
    this.#messages += 1;
    const message = {
      id: `message-${this.#messages}`,
      from: 'orchestrator_ai',
      to: 'all',
      message_type: type,
      data,
      at: Date.now(),
      correlation_id: 'c',
      causation_id: null,
      schema: 1,
    } as unknown as AnyMessage;
    for (const listener of this.#listeners) listener([message]);
    return message;
  }

  #obey(command: OperatorCommand): { sequence: number; messages: readonly AnyMessage[] } {
    this.commands.push(command);
    if (command.command === 'start' || command.command === 'stop')
      this.#running = command.command === 'start';
    const messages = [this.commit('operator.command', command)];
    if (command.command === 'halt' || command.command === 'resume') {
      const state = command.command === 'halt' ? 'halted' : 'active';
      messages.push(
        this.commit('trading.state_changed', {
          state,
          by: command.by,
          reason: command.reason,
          since: Date.now(),
        }),
      );
    }
    return { sequence: this.#messages, messages };
  }

  #facts(): RuntimeFacts {
    const { vitals, sources, decisions } = this.#rows;
    return {
      version: '0.1.0',
      run_mode: 'paper',
      started_at: vitals.at - 3_600_000,
      now: Date.now(),
      data_kind: 'simulated',
      running: this.#running,
      agents: vitals.agents,
      vitals,
      sources: sources.map((status) => ({
        source: status.source,
        kind: status.state === 'simulated' ? 'simulated' : 'live',
        symbols: status.state === 'simulated' ? ['BTCUSDT', 'ETHUSDT', 'EURUSD'] : [],
        status,
      })),
      journal: { sequence: 1, hash: '00', last_commit_at: vitals.at, commit_latency_ms: 2 },
      loop: { ok: true, detail: 'committing' },
      store: { ok: true, latencyMs: 1, detail: 'memory', kind: 'memory' },
      settings: {},
      universe: ['BTCUSDT', 'ETHUSDT', 'EURUSD'],
      next_decision_at: decisions[0]?.next_decision_at ?? null,
    };
  }
}
