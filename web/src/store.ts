// The page's whole state and its one door. Changes are applied at once but shown at most once per frame,
// so a burst of events costs one rendering; a hidden tab renders nothing.
import { useEffect, useRef, useState } from 'preact/hooks';
import { createListeners } from './listeners.ts';
import type {
  Candle,
  CareReport,
  Decision,
  EquityPoint,
  Fill,
  Incident,
  LearningRow,
  MarketCandidate,
  Order,
  Position,
  Refusal,
  ScheduleRow,
  Sessions,
  Signal,
  Source,
  Task,
  Vitals,
} from './rows.ts';

/** Rows kept per list; older ones are a request away and never pile up in the tab. */
export const rowLimit = 200;
export const candleLimit = 1_000;
export const equityLimit = 2_000;

export interface Overview {
  readonly runMode: string | null;
  readonly mode: string | null;
  readonly running: boolean | null;
  readonly tradingState: string | null;
  readonly tradingReason: string | null;
  readonly dataKind: string | null;
  readonly nextDecisionAt: number | null;
  readonly decisionsTotal: number | null;
  readonly successRate: number | null;
  readonly systemLoad: number | null;
  readonly version: string | null;
  readonly startedAt: number | null;
  /** The server's clock when it answered. */
  readonly now: number | null;
  readonly symbols: readonly string[];
}

export type ConnectionState = 'connecting' | 'live' | 'polling' | 'lost';

interface Connection {
  readonly state: ConnectionState;
  /** Browser time of the last answer or event. */
  readonly heardAt: number | null;
  /** Browser time of the next try while lost. */
  readonly retryAt: number | null;
  /** Server time minus browser time, milliseconds. */
  readonly serverAheadMs: number;
}

export interface Dashboard {
  readonly connection: Connection;
  readonly overview: Overview;
  readonly decisions: readonly Decision[];
  readonly signals: readonly Signal[];
  readonly tasks: readonly Task[];
  readonly orders: readonly Order[];
  readonly positions: readonly Position[];
  readonly fills: readonly Fill[];
  readonly equity: readonly EquityPoint[];
  readonly refusals: readonly Refusal[];
  readonly incidents: readonly Incident[];
  readonly sources: readonly Source[];
  readonly sessions: Sessions | null;
  readonly care: CareReport | null;
  readonly schedule: ScheduleRow | null;
  readonly learning: LearningRow | null;
  /** New instruments under examination; null where the server has no such path. */
  readonly marketCandidates: readonly MarketCandidate[];
  readonly vitals: Vitals | null;
  /** Annualised volatility by asset class, as the analyst last measured it. */
  readonly volatility: Readonly<Partial<Record<'crypto' | 'forex', number | null>>>;
  readonly symbol: string | null;
  /** Last quoted mid price of the shown symbol. */
  readonly lastPrice: number | null;
  readonly candles: readonly Candle[];
  /** Parts whose last request failed; shown as such instead of as empty. */
  readonly failed: Readonly<Record<string, boolean>>;
  /** Parts that have answered at least once. */
  readonly loaded: Readonly<Record<string, boolean>>;
}

export const emptyOverview: Overview = {
  runMode: null,
  mode: null,
  running: null,
  tradingState: null,
  tradingReason: null,
  dataKind: null,
  nextDecisionAt: null,
  decisionsTotal: null,
  successRate: null,
  systemLoad: null,
  version: null,
  startedAt: null,
  now: null,
  symbols: [],
};

export const emptyDashboard: Dashboard = {
  connection: { state: 'connecting', heardAt: null, retryAt: null, serverAheadMs: 0 },
  overview: emptyOverview,
  decisions: [],
  signals: [],
  tasks: [],
  orders: [],
  positions: [],
  fills: [],
  equity: [],
  refusals: [],
  incidents: [],
  sources: [],
  sessions: null,
  care: null,
  schedule: null,
  learning: null,
  marketCandidates: [],
  vitals: null,
  volatility: {},
  symbol: null,
  lastPrice: null,
  candles: [],
  failed: {},
  loaded: {},
};

export interface Store<State> {
  read(): State;
  change(next: (state: State) => State): void;
  /** Calls `listener` at most once per frame after changes; returns how to stop. */
  subscribe(listener: () => void): () => void;
}

export function createStore<State>(initial: State, onFrame: (run: () => void) => void): Store<State> {
  let state = initial;
  let scheduled = false;
  const frames = createListeners();
  return {
    read: () => state,
    change(next) {
      const changed = next(state);
      if (changed === state) return;
      state = changed;
      if (scheduled) return;
      scheduled = true;
      onFrame(() => {
        scheduled = false;
        frames.call();
      });
    },
    subscribe: (listener) => frames.add(listener),
  };
}

export const dashboard: Store<Dashboard> = createStore(emptyDashboard, (run) => requestAnimationFrame(run));

/** The selected part of the state; the component renders again only when that part is another value. */
export function useDashboard<Part>(select: (state: Dashboard) => Part): Part {
  const [, setCount] = useState(0);
  const part = select(dashboard.read());
  const shown = useRef(part);
  shown.current = part;
  useEffect(() => {
    const compare = () => {
      if (!Object.is(select(dashboard.read()), shown.current)) setCount((count) => count + 1);
    };
    compare();
    return dashboard.subscribe(compare);
  }, []);
  return part;
}
