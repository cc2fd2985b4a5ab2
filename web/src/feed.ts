// Keeps the state in step with the server: everything once, then the event stream, then slow refreshes as a net.
// When the server goes away it says so, keeps the last data, and comes back with growing pauses.
import type { z } from 'zod';
import { ApiError, authorisation, getJson } from './api.ts';
import { foldEvent } from './event-folds.ts';
import { followStream, retryDelayMs, type StreamEvent, StreamRefused } from './event-stream.ts';
import { inTime, newestFirst } from './fold.ts';
import { hearTime } from './hear-time.ts';
import { listIn, rows } from './lenient.ts';
import { readOverview, readVolatility } from './overview.ts';
import * as row from './rows.ts';
import {
  type ConnectionState,
  candleLimit,
  type Dashboard,
  dashboard,
  equityLimit,
  rowLimit,
} from './store.ts';

const quickRefreshMs = 10_000;
const fullRefreshMs = 60_000;
const candleCount = 500;
/** A stream that lived this long was healthy: the next pause starts small again. */
const steadyMs = 10_000;

type Part =
  | 'overview'
  | 'decisions'
  | 'signals'
  | 'tasks'
  | 'orders'
  | 'positions'
  | 'fills'
  | 'refusals'
  | 'equity'
  | 'health'
  | 'incidents'
  | 'sources'
  | 'sessions'
  | 'care'
  | 'schedule'
  | 'learning'
  | 'candidates'
  | 'candles';

const allParts: readonly Part[] = [
  'overview',
  'sources',
  'decisions',
  'candles',
  'fills',
  'refusals',
  'signals',
  'positions',
  'equity',
  'orders',
  'tasks',
  'health',
  'incidents',
  'sessions',
  'care',
  'schedule',
  'learning',
  'candidates',
];
/** Parts that change without an event saying so; the overview is read by the liveness check. */
const quickParts: readonly Part[] = ['health', 'sources', 'sessions', 'schedule', 'candidates', 'positions'];

let tokenWanted: () => void = () => {};

function heard(): void {
  dashboard.change((state) => ({ ...state, connection: { ...state.connection, heardAt: Date.now() } }));
}

async function read(path: string): Promise<unknown> {
  try {
    const body = await getJson(path);
    heard();
    return body;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) tokenWanted();
    throw error;
  }
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
    const volatility = readVolatility(orchestrator);
    const serverAheadMs = overview.now === null ? 0 : overview.now - Date.now();
    return (state) => ({
      ...state,
      overview,
      volatility: { ...state.volatility, ...volatility },
      symbol: state.symbol ?? overview.symbols[0] ?? null,
      connection: { ...state.connection, serverAheadMs },
    });
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
      await list('/trading/positions?state=all&limit=100', row.positionSchema),
      (item) => item.opened_at,
    );
    return (state) => ({ ...state, positions });
  },
  async fills() {
    const fills = newestFirst(await list('/trading/fills?limit=200', row.fillSchema), (item) => item.at);
    return (state) => ({ ...state, fills });
  },
  async refusals() {
    const refusals = newestFirst(
      await list(`/trading/refusals?limit=${rowLimit}`, row.refusalSchema),
      (item) => item.at,
    );
    return (state) => ({ ...state, refusals });
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
  async sessions() {
    const answer = row.sessionsSchema.safeParse(await read('/markets/sessions'));
    return (state) => ({ ...state, sessions: answer.success ? answer.data : state.sessions });
  },
  async care() {
    const answer = row.careSchema.safeParse(await read('/health/report'));
    return (state) => ({ ...state, care: answer.success ? answer.data : state.care });
  },
  async schedule() {
    const answer = row.scheduleSchema.safeParse(await read('/orchestrator/schedule'));
    return (state) => ({ ...state, schedule: answer.success ? answer.data : state.schedule });
  },
  async learning() {
    const answer = row.learningSchema.safeParse(await read('/orchestrator/learning'));
    return (state) => ({ ...state, learning: answer.success ? answer.data : state.learning });
  },
  async candidates() {
    const marketCandidates = newestFirst(
      await list('/markets/candidates', row.marketCandidateSchema),
      (item) => item.last_seen_at,
    );
    return (state) => ({ ...state, marketCandidates });
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

function onEvent(event: StreamEvent): void {
  if (event.name === 'reset') {
    void loadAll();
    return;
  }
  let data: unknown;
  try {
    data = JSON.parse(event.data);
  } catch {
    return;
  }
  dashboard.change((state) => foldEvent(hearTime(state, data, Date.now()), event.name, data));
}

function setConnection(state: ConnectionState, retryAt: number | null): void {
  dashboard.change((current) => ({ ...current, connection: { ...current.connection, state, retryAt } }));
}

/** Follows the stream once, to its end. Answers how long it lived and whether the server refused it. */
async function followOnce(): Promise<{ readonly livedMs: number; readonly refused: boolean }> {
  const abort = new AbortController();
  let openedAt = Number.POSITIVE_INFINITY;
  let refused = false;
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
        openedAt = Date.now();
        heard();
        setConnection('live', null);
        void loadAll();
      },
      onBytes: () => heard(),
      onEvent,
    });
  } catch (error) {
    // Every end of the stream is answered by the next try; only a refusal means that requests still work.
    refused = error instanceof StreamRefused;
  } finally {
    clearInterval(liveness);
  }
  return { livedMs: Math.max(0, Date.now() - openedAt), refused };
}

/** Starts following the server; returns handles for the page. */
export function startFeed(onTokenWanted: () => void) {
  tokenWanted = onTokenWanted;
  let wake: () => void = () => {};

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const followForever = async (): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      const { livedMs, refused } = await followOnce();
      if (livedMs >= steadyMs) attempt = 0;
      const waitMs = retryDelayMs(attempt, Math.random());
      setConnection(refused ? 'polling' : 'lost', Date.now() + waitMs);
      await pause(waitMs);
      if (refused) void loadAll();
    }
  };

  const following = () =>
    document.visibilityState === 'visible' && dashboard.read().connection.state === 'live';
  setInterval(() => {
    if (following()) for (const part of quickParts) void load(part);
  }, quickRefreshMs);
  setInterval(() => {
    if (following()) void loadAll();
  }, fullRefreshMs);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
  });
  void followForever();

  return {
    retryNow: () => wake(),
    refresh() {
      wake();
      void loadAll();
    },
    showSymbol(symbol: string) {
      dashboard.change((state) =>
        state.symbol === symbol ? state : { ...state, symbol, candles: [], lastPrice: null },
      );
      void load('candles');
    },
  };
}

export type Feed = ReturnType<typeof startFeed>;
