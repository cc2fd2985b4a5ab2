// Which fields of a row stand in columns of their own too, for people, indexes and panels.
// They are filled here and not by the database, which would read the JSON text again for each of them.
// A column that exists only for people must never be able to stop a commit: what is not as it expects becomes null.
import type { CollectionName, CollectionRows } from '../../../shared/bus/collections.ts';
import { holdable, storedJson } from './stored-text.ts';

/** `open` is true unless the field is false; `true` is whether the field is true, null without it. */
type ColumnKind = 'text' | 'number' | 'time' | 'open' | 'true';

export interface RowColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The value as the database's text form, or null. `row` is the collection's value. */
  read(row: unknown): string | null;
}

/** Columns of one collection by kind; a column has the name of its field. */
interface Columns<Field extends string = string> {
  readonly text?: readonly Field[];
  readonly number?: readonly Field[];
  readonly time?: readonly Field[];
  readonly open?: true;
  /** Columns whose name is not that of a field of the row. */
  readonly others?: readonly { name: string; kind: ColumnKind; path: readonly string[] }[];
}

const shownLength = 200;
const numberForm = /^-?[0-9]{1,80}([.][0-9]{1,80})?([eE][-+]?[0-9]{1,3})?$/;
const timeForm = /^[0-9]{1,15}$/;

const declared: { readonly [Name in CollectionName]: Columns<keyof CollectionRows[Name] & string> } = {
  alarms: { text: ['owner', 'name'], time: ['due_at'] },
  decisions: {
    time: ['at', 'next_decision_at'],
    text: ['mode', 'previous_mode', 'action', 'trigger', 'data_kind', 'policy_version', 'model'],
    number: ['confidence'],
    open: true,
    others: [{ name: 'successful', kind: 'true', path: ['outcome', 'successful'] }],
  },
  tasks: {
    text: ['kind', 'state', 'agent', 'runner', 'decision_id'],
    number: ['attempts'],
    time: ['slot_at', 'queued_at', 'started_at', 'finished_at', 'deadline_at'],
    open: true,
  },
  mandates: {
    text: ['decision_id', 'mode'],
    number: ['risk_appetite'],
    time: ['issued_at', 'expires_at'],
  },
  signals: {
    text: ['signal_id', 'action', 'symbol', 'strategy', 'timeframe', 'task_id'],
    number: ['confidence', 'reference_price', 'average_true_range'],
    time: ['issued_at', 'expires_at'],
  },
  refusals: {
    text: ['signal_id', 'symbol', 'code', 'correlation_id'],
    time: ['at'],
    others: [
      { name: 'limit_value', kind: 'text', path: ['limit'] },
      { name: 'actual_value', kind: 'text', path: ['actual'] },
    ],
  },
  orders: {
    text: [
      'id',
      'client_order_id',
      'symbol',
      'side',
      'type',
      'leg',
      'state',
      'signal_id',
      'position_id',
      'correlation_id',
    ],
    number: ['quantity', 'price', 'filled_quantity', 'average_price', 'fees'],
    time: ['created_at', 'updated_at'],
    open: true,
  },
  fills: {
    text: ['client_order_id', 'symbol', 'side', 'liquidity'],
    number: ['quantity', 'price', 'fee'],
    time: ['at'],
  },
  positions: {
    text: ['symbol', 'side', 'signal_id', 'correlation_id', 'close_reason'],
    number: ['quantity', 'average_entry_price', 'realised_profit', 'fees', 'stop_price', 'target_price'],
    time: ['opened_at', 'updated_at', 'closed_at'],
    open: true,
  },
  trading_state: { text: ['state', 'by', 'reason'], time: ['since'] },
  equity: { time: ['at'], number: ['cash', 'equity', 'peak_equity', 'drawdown_pct', 'open_positions'] },
  incidents: {
    text: ['cause', 'severity'],
    number: ['symptoms'],
    time: ['opened_at', 'updated_at', 'resolved_at'],
    open: true,
  },
  heals: {
    text: ['playbook', 'target', 'incident_id', 'outcome'],
    number: ['attempt'],
    time: ['at', 'finished_at'],
  },
  dead_letters: { text: ['reason', 'message_type'], time: ['at'] },
  source_status: {
    text: ['source', 'state', 'detail'],
    number: ['health'],
    time: ['at'],
    others: [
      { name: 'latency_ms', kind: 'number', path: ['latencyMs'] },
      { name: 'last_data_at', kind: 'time', path: ['lastDataAt'] },
    ],
  },
  agent_memory: { text: ['agent'] },
  news: { text: ['source', 'group', 'title', 'language'], time: ['published_at', 'known_at'] },
  sentiment: { text: ['source', 'index', 'classification'], number: ['value'], time: ['at', 'known_at'] },
  calendar: { text: ['source', 'currency', 'title', 'impact'], time: ['at', 'known_at'] },
  candidates: { text: ['chain', 'address', 'symbol', 'verdict'], time: ['first_seen_at', 'last_seen_at'] },
  relay_outbox: {},
  relay_links: {},
  relay_inbox: {},
};

/** Per collection, its columns beside key, ordinal, data and the exact forms. */
export const rowColumns = Object.fromEntries(
  Object.entries(declared).map(([name, columns]) => [name, columnsOf(columns)]),
) as Readonly<Record<CollectionName, readonly RowColumn[]>>;

function columnsOf({ text = [], number = [], time = [], open, others = [] }: Columns): readonly RowColumn[] {
  const plain = (kind: ColumnKind, names: readonly string[]) =>
    names.map((name) => ({ name, kind, path: [name] }));
  const all = [
    ...plain('text', text),
    ...plain('number', number),
    ...plain('time', time),
    ...(open === true ? plain('open', ['open']) : []),
    ...others,
  ];
  return all.map(({ name, kind, path }) => ({
    name,
    kind,
    read: (row) => readers[kind](path.reduce<unknown>(field, row)),
  }));
}

const readers: Readonly<Record<ColumnKind, (value: unknown) => string | null>> = {
  text: shown,
  number: (value) => inForm(numberForm, value),
  time: (value) => inForm(timeForm, value),
  open: (value) => (shown(value) === 'false' ? 'false' : 'true'),
  true: (value) => {
    const text = shown(value);
    return text === null ? null : String(text === 'true');
  },
};

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function inForm(form: RegExp, value: unknown): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = String(value);
  return form.test(text) ? text : null;
}

/** The field as a person reads it: text as it is, anything else as JSON, at most 200 characters. */
function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const held = typeof value === 'string' ? holdable(value) : storedJson(value).text;
  return held.length <= shownLength ? held : [...held].slice(0, shownLength).join('');
}
