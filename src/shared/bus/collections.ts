// State and record collections: what agents may keep, and what of it is read back at start.
import type { AgentName } from '../domain/agent-name.ts';
import type { Candidate } from '../domain/candidate.ts';
import type { Decision } from '../domain/decision.ts';
import type { DeadLetter, HealRecord, Incident } from '../domain/incident.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { CalendarEvent, NewsItem, SentimentReading } from '../domain/news.ts';
import type { Fill, Order } from '../domain/order.ts';
import type { EquityPoint, Position } from '../domain/position.ts';
import type { Refusal } from '../domain/risk.ts';
import type { Signal } from '../domain/signal.ts';
import type { SourceStatus } from '../domain/source-status.ts';
import type { Task } from '../domain/task.ts';
import type { EpochMs } from '../domain/time.ts';
import type { TradingStateRecord } from '../domain/trading-state.ts';

export interface AlarmRow {
  readonly owner: AgentName;
  readonly name: string;
  readonly due_at: EpochMs;
}

/** Free-form durable memory of one agent, keyed by it; must stay small and bounded. */
export interface MemoryRow {
  readonly agent: AgentName;
  readonly value: unknown;
}

/** A message for an agent of another process: committed with the turn that sent it, gone when the other has committed it. */
export interface RelayOutboxRow {
  readonly link: string;
  readonly to: AgentName;
  readonly n: number;
  /** The message as it travels. */
  readonly body: string;
}

/** Where our messages to one agent stand: the last one sent, and the last one that its process has committed. */
export interface RelayLinkRow {
  readonly link: string;
  readonly to: AgentName;
  readonly last: number;
  readonly acknowledged: number;
}

/** The last message heard on another process's link; what is not later than it was heard already. */
export interface RelayInboxRow {
  readonly link: string;
  readonly last: number;
  /** The message that is begun again after this process did not finish it, and how often. */
  readonly trying: number | null;
  readonly attempts: number;
}

export interface CollectionRows {
  alarms: AlarmRow;
  decisions: Decision;
  tasks: Task;
  mandates: Mandate;
  signals: Signal;
  refusals: Refusal;
  orders: Order;
  fills: Fill;
  positions: Position;
  trading_state: TradingStateRecord;
  equity: EquityPoint;
  incidents: Incident;
  heals: HealRecord;
  dead_letters: DeadLetter;
  source_status: SourceStatus;
  agent_memory: MemoryRow;
  news: NewsItem;
  sentiment: SentimentReading;
  calendar: CalendarEvent;
  candidates: Candidate;
  relay_outbox: RelayOutboxRow;
  relay_links: RelayLinkRow;
  relay_inbox: RelayInboxRow;
}

export type CollectionName = keyof CollectionRows;

/**
 * `all`: loaded whole at start, so its agent must keep it bounded.
 * `open`: rows whose `open` is true are loaded; closed ones stay for reading only.
 * `none`: written and read by people, never loaded.
 */
export const collectionLoading: Readonly<Record<CollectionName, 'all' | 'open' | 'none'>> = {
  alarms: 'all',
  decisions: 'open',
  tasks: 'open',
  mandates: 'all',
  signals: 'none',
  refusals: 'none',
  orders: 'open',
  fills: 'none',
  positions: 'open',
  trading_state: 'all',
  equity: 'none',
  incidents: 'open',
  heals: 'none',
  dead_letters: 'none',
  source_status: 'all',
  agent_memory: 'all',
  news: 'all',
  sentiment: 'all',
  calendar: 'all',
  candidates: 'all',
  relay_outbox: 'none',
  relay_links: 'all',
  relay_inbox: 'all',
};

export const collectionNames = Object.keys(collectionLoading) as CollectionName[];

export interface Put<Name extends CollectionName = CollectionName> {
  readonly collection: Name;
  readonly key: string;
  /** New value, or null to remove the row. */
  readonly value: CollectionRows[Name] | null;
  /** Data of a message of the same turn that says all by which this closed row differs from the one before. */
  readonly closedBy?: ClosingWords;
}

/** What a message says that closes a row: some of its fields, with the last. */
export interface ClosingWords {
  readonly open: false;
}

export type AnyPut = { [Name in CollectionName]: Put<Name> }[CollectionName];
