// Keeps the state in step with the server: everything once, then the event stream, then slow refreshes as a net.
// When the server goes away it says so, keeps the last data, and comes back with growing pauses.
import type { z } from 'zod';
import { authorisation, getJson } from './api.ts';
import { followStream, retryDelayMs, type StreamEvent } from './event-stream.ts';
import { addCandle, addEquity, addFill, inTime, newestFirst, upsert } from './fold.ts';
import { listIn, rows } from './lenient.ts';
import { readOverview } from './overview.ts';
import * as row from './rows.ts';
import { candleLimit, type Dashboard, dashboard, equityLimit } from './store.ts';

const quickRefreshMs = 10_000;
const fullRefreshMs = 60_000;
const candleCount = 500;

type Part =
  | 'overview'
  | 'decisions'
  | 'signals'
  | 'tasks'
  | 'orders'
  | 'positions'
  | 'fills'
  | 'equity'
  | 'health'
  | 'incidents'
  | 'sources'
  | 'candles';

const allParts: readonly Part[] = [
  'overview',
  'sources',
  'decisions',
  'candles',
  'fills',
  'signals',
  'positions',
  'equity',
  'orders',
  'tasks',
  'health',
  'incidents',
];
const quickParts: readonly Part[] = ['overview', 'health', 'sources', 'positions'];

function heard(serverAt: number | null): void {
  const now = Date.now();
  dashboard.change((state) => {
    const ahead = serverAt === null ? state.connection.serverAheadMs : serverAt - now;
    // The Date header has whole seconds: smaller differences are rounding, not skew.
    const serverAheadMs = Math.abs(ahead) < 2_000 ? 0 : ahead;
    return { ...state, connection: { ...state.connection, heardAt: now, serverAheadMs } };
  });
}

async function read(path: string): Promise<unknown> {
  const answer = await getJson(path);
  heard(answer.serverAt);
  return answer.body;
}

async function list<Row>(path: string, schema: z.ZodType<Row>): Promise<Row[]> {
  return rows(schema).parse(listIn(await read(path)));
}

/** What each part asks for, answered as the change it makes to the state. */
const loaders: Readonly<Record<Part, () => Promise<(state: Dashboard) => Dashboard>>> = {
  async overview() {
    const [status, orchestrator] = await Promise.all([
      read('/status'),
      read('/orchestrator/status').catch(() => null),
    ]);
    const overview = readOverview(status, orchestrator);
    return (state) => ({ ...state, overview, symbol: state.symbol ?? overview.symbols[0] ?? null });
  },
  async decisions() {
    const decisions = newestFirst(await list('/decisions?limit=100', row.decisionSchema), (item) => item.at);
    return (state) => ({ ...state, decisions });
  },
  async signals() {
    const signals = newestFirst(
      await list('/analyst/signals?limit=100', row.signalSchema),
      (item) => item.issued_at,
    );
    return (state) => ({ ...state, signals });
  },
  async tasks() {
    const tasks = newestFirst(await list('/tasks?limit=100', row.taskSchema), (item) => item.queued_at);
    return (state) => ({ ...state, tasks });
  },
  async orders() {
    const orders = newestFirst(
      await list('/trading/orders?limit=100', row.orderSchema),
      (item) => item.created_at,
    );
    return (state) => ({ ...state, orders });
  },
  async positions() {
    const positions = newestFirst(
      await list('/trading/positions', row.positionSchema),
      (item) => item.opened_at,
    );
    return (state) => ({ ...state, positions });
  },
  async fills() {
    const fills = newestFirst(await list('/trading/fills?limit=200', row.fillSchema), (item) => item.at);
    return (state) => ({ ...state, fills });
  },
  async equity() {
    const equity = inTime(
      await list('/trading/equity?limit=1000', row.equitySchema),
      (item) => item.at,
      equityLimit,
    );
    return (state) => ({ ...state, equity });
  },
  async health() {
    const body = await read('/health/system');
    const vitals = readVitals(body);
    return (state) => ({ ...state, vitals: vitals ?? state.vitals });
  },
  async incidents() {
    const incidents = newestFirst(
      await list('/health/incidents', row.incidentSchema),
      (item) => item.opened_at,
    );
    return (state) => ({ ...state, incidents });
  },
  async sources() {
    const sources = await list('/markets/sources', row.sourceSchema);
    const symbols = sources.flatMap((source) => source.symbols);
    return (state) => ({ ...state, sources, symbol: state.symbol ?? symbols[0] ?? null });
  },
  async candles() {
    const { symbol } = dashboard.read();
    if (symbol === null) return (state) => state;
    const path = `/markets/candles?symbol=${encodeURIComponent(symbol)}&limit=${candleCount}`;
    const candles = inTime(await list(path, row.candleSchema), (item) => item.openTime, candleLimit);
    return (state) => (state.symbol === symbol ? { ...state, candles } : state);
  },
};

function readVitals(body: unknown): row.Vitals | null {
  const inside = typeof body === 'object' && body !== null && 'vitals' in body ? body.vitals : body;
  const read = row.vitalsSchema.safeParse(inside);
  return read.success ? read.data : null;
}

function mark(part: Part, failed: boolean): void {
  dashboard.change((state) => ({
    ...state,
    failed: { ...state.failed, [part]: failed },
    loaded: failed ? state.loaded : { ...state.loaded, [part]: true },
  }));
}

async function load(part: Part): Promise<void> {
  try {
    const change = await loaders[part]();
    dashboard.change(change);
    mark(part, false);
  } catch {
    mark(part, true);
  }
}

async function loadAll(): Promise<void> {
  // The symbol to chart comes with the first two answers.
  await Promise.all([load('overview'), load('sources')]);
  await Promise.all(allParts.filter((part) => part !== 'overview' && part !== 'sources').map(load));
}

type Fold = (state: Dashboard, data: unknown) => Dashboard;

function folding<Row>(schema: z.ZodType<Row>, add: (state: Dashboard, row: Row) => Dashboard): Fold {
  return (state, data) => {
    const read = schema.safeParse(data);
    return read.success ? add(state, read.data) : state;
  };
}

const decisionFold = folding(row.decisionSchema, (state, item) => ({
  ...state,
  decisions: upsert(state.decisions, item, (other) => other.id),
  overview: {
    ...state.overview,
    mode: item.mode ?? state.overview.mode,
    nextDecisionAt: Math.max(item.next_decision_at ?? 0, state.overview.nextDecisionAt ?? 0) || null,
  },
}));

const folds: Readonly<Record<string, Fold>> = {
  decision: decisionFold,
  'decision.scored': decisionFold,
  signal: folding(row.signalSchema, (state, item) => ({
    ...state,
    signals: upsert(state.signals, item, (other) => other.signal_id),
  })),
  'task.changed': folding(row.taskSchema, (state, item) => ({
    ...state,
    tasks: upsert(state.tasks, item, (other) => other.id),
  })),
  'trading.order_changed': folding(row.orderSchema, (state, item) => ({
    ...state,
    orders: upsert(state.orders, item, (other) => other.id),
  })),
  'trading.position_changed': folding(row.positionSchema, (state, item) => ({
    ...state,
    positions: upsert(state.positions, item, (other) => other.id),
  })),
  'trading.refused': folding(row.refusalSchema, (state, item) => ({
    ...state,
    refusals: upsert(state.refusals, item, (other) => other.id),
  })),
  'trading.fill': folding(row.fillSchema, addFill),
  'trading.equity': folding(row.equitySchema, addEquity),
  'health.incident': folding(row.incidentSchema, (state, item) => ({
    ...state,
    incidents: upsert(state.incidents, item, (other) => other.id),
  })),
  'market.source_status': folding(row.sourceSchema, (state, item) => ({
    ...state,
    sources: state.sources.some((other) => other.source === item.source)
      ? state.sources.map((other) =>
          other.source === item.source
            ? { ...item, symbols: item.symbols.length > 0 ? item.symbols : other.symbols }
            : other,
        )
      : [...state.sources, item],
  })),
  'system.vitals': folding(row.vitalsSchema, (state, item) => ({ ...state, vitals: item })),
  'market.candle': folding(row.candleSchema, addCandle),
};

function onEvent(event: StreamEvent): void {
  let body: unknown;
  try {
    body = JSON.parse(event.data);
  } catch {
    return;
  }
  const fold = folds[event.name];
  if (fold !== undefined) dashboard.change((state) => fold(state, body));
}

/** Starts following the server; returns handles for the page. */
export function startFeed() {
  let attempt = 0;
  let wake: () => void = () => {};

  const connectOnce = async (): Promise<void> => {
    const abort = new AbortController();
    const liveness = setInterval(async () => {
      // A stream that stays silent over a dead connection would look healthy for minutes; a request does not.
      await load('overview');
      if (dashboard.read().failed.overview === true) abort.abort();
    }, quickRefreshMs);
    try {
      await followStream('/events', {
        headers: authorisation(),
        signal: abort.signal,
        onOpen() {
          attempt = 0;
          heard(null);
          dashboard.change((state) => ({
            ...state,
            connection: { ...state.connection, state: 'live', retryAt: null },
          }));
          void loadAll();
        },
        onBytes: () => heard(null),
        onEvent,
      });
    } catch {
      // Any end of the stream is answered by the next try.
    } finally {
      clearInterval(liveness);
    }
  };

  const pause = async (ms: number): Promise<void> => {
    dashboard.change((state) => ({
      ...state,
      connection: { ...state.connection, state: 'lost', retryAt: Date.now() + ms },
    }));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const follow = async (): Promise<void> => {
    for (;;) {
      await connectOnce();
      await pause(retryDelayMs(attempt, Math.random()));
      attempt += 1;
    }
  };

  const shown = () => document.visibilityState === 'visible' && dashboard.read().connection.state === 'live';
  setInterval(() => {
    if (shown()) for (const part of quickParts) if (part !== 'overview') void load(part);
  }, quickRefreshMs);
  setInterval(() => {
    if (shown()) void loadAll();
  }, fullRefreshMs);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
  });
  void loadAll();
  void follow();

  return {
    retryNow: () => wake(),
    refresh: () => void loadAll(),
    showSymbol(symbol: string) {
      dashboard.change((state) => (state.symbol === symbol ? state : { ...state, symbol, candles: [] }));
      void load('candles');
    },
  };
}

export type Feed = ReturnType<typeof startFeed>;
