// The count after a fault run: what each process said to the others against what they heard, and the books against the venue.
// It reads journals and rows only, so it can be wrong about nothing that the processes merely believe.
import pg from 'pg';
import { PaperVenue } from '../../adapters/broker/paper/paper-venue.ts';
import { openPostgresReader } from '../../adapters/store/postgres/open-reader.ts';
import { PostgresStore } from '../../adapters/store/postgres/postgres-store.ts';
import { readJournalLine } from '../../shared/bus/journal-line.ts';
import type { AnyMessage } from '../../shared/bus/message.ts';
import { isRelayedType, relayedInputs, relayHearers } from '../../shared/bus/relay-schemas.ts';
import { type AgentName, agentNames } from '../../shared/domain/agent-name.ts';
import { addDecimal, compareDecimal } from '../../shared/domain/money.ts';

export interface MessageCount {
  readonly sent: number;
  /** Said in the last moment before the stop: in the sender's database, to be sent at its next start. */
  readonly waiting: number;
  readonly lost: number;
  readonly doubled: number;
  readonly out_of_order: number;
  /** The first of what was lost or doubled, for whoever looks for the reason. */
  readonly examples: readonly string[];
}

export interface OrderCount {
  readonly orders: number;
  readonly fills: number;
  readonly lost: number;
  readonly doubled: number;
}

export interface Home {
  readonly schema: string;
  readonly agents: readonly AgentName[];
}

const maxRows = 100_000;
const maxExamples = 5;

/** Every message that an agent heard from another process, compared with what was said to it, in order. */
export async function countMessages(url: string, homes: readonly Home[]): Promise<MessageCount> {
  const said = new Map<string, string[]>();
  const heard = new Map<string, string[]>();
  for (const home of homes)
    for await (const { input, emitted } of turnsOf(url, home.schema)) {
      const relayed = arrived(input, home);
      if (relayed) put(heard, wayOf(input, input.to), textOf(input));
      const own = !relayed && passedOn(input, home) ? [input, ...emitted] : emitted;
      for (const message of own)
        for (const to of hearersElsewhere(message, home)) put(said, wayOf(message, to), textOf(message));
    }
  const counts = { sent: 0, waiting: await countWaiting(url, homes), lost: 0, doubled: 0, out_of_order: 0 };
  const examples: string[] = [];
  for (const way of new Set([...said.keys(), ...heard.keys()])) {
    const [left, right] = [said.get(way) ?? [], heard.get(way) ?? []];
    counts.sent += left.length;
    const [missingTexts, extraTexts] = [surplus(left, right), surplus(right, left)];
    const [missing, extra] = [missingTexts.length, extraTexts.length];
    counts.lost += missing;
    counts.doubled += extra;
    for (const text of missingTexts) examples.push(`lost ${way}: ${text.slice(0, 200)}`);
    for (const text of extraTexts) examples.push(`doubled ${way}: ${text.slice(0, 200)}`);
    const oneSpeaker = (agentNames as readonly string[]).includes(way.split(' ')[0] ?? '');
    if (oneSpeaker && missing === 0 && extra === 0 && left.join('\n') !== right.join('\n'))
      counts.out_of_order++;
  }
  return {
    ...counts,
    lost: counts.lost - Math.min(counts.lost, counts.waiting),
    examples: counts.lost > counts.waiting || counts.doubled > 0 ? examples.slice(0, maxExamples) : [],
  };
}

/** Rows of the outboxes that their receivers have not committed. */
async function countWaiting(url: string, homes: readonly Home[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let waiting = 0;
    for (const sender of homes) {
      const rows = await client.query<{ link: string; to: string; n: number }>(
        `select data ->> 'link' as link, data ->> 'to' as to, (data ->> 'n')::int as n from ${sender.schema}.relay_outbox`,
      );
      for (const { link, to, n } of rows.rows) {
        const receiver = homes.find(({ agents }) => (agents as readonly string[]).includes(to));
        const heard = await client.query<{ last: number }>(
          `select (data ->> 'last')::int as last from ${receiver?.schema}.relay_inbox where key = $1`,
          [link],
        );
        if ((heard.rows[0]?.last ?? 0) < n) waiting++;
      }
    }
    return waiting;
  } finally {
    await client.end();
  }
}

/** Only an agent has one home; the words of kernel, market and people may come from several processes. */
function wayOf(message: AnyMessage, to: string): string {
  return `${message.from} > ${to}`;
}

async function* turnsOf(url: string, schema: string) {
  const reader = await openPostgresReader({ url, schema });
  try {
    for await (const chunk of reader.journal(0))
      for (const { line } of chunk) {
        const turn = readJournalLine(line);
        if (turn !== undefined) yield turn;
      }
  } finally {
    await reader.close();
  }
}

/** Addressed to one agent here, as only the relay's messages are among the inputs of these types. */
function arrived({ message_type, to }: AnyMessage, home: Home): boolean {
  return isRelayedType(message_type) && to !== 'all' && home.agents.includes(to);
}

function passedOn({ message_type }: AnyMessage, home: Home): boolean {
  const by = relayedInputs[message_type];
  return by !== undefined && (by === null || home.agents.includes(by));
}

function hearersElsewhere(message: AnyMessage, home: Home): readonly AgentName[] {
  const type: string = message.message_type;
  if (!isRelayedType(type)) return [];
  const hearers: readonly AgentName[] = relayHearers[type];
  return hearers.filter(
    (agent) => !home.agents.includes(agent) && (message.to === 'all' || message.to === agent),
  );
}

function textOf({ message_type, data }: AnyMessage): string {
  return `${message_type} ${sortedJson(data)}`;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`)
    .join(',')}}`;
}

function put(map: Map<string, string[]>, key: string, text: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [text]);
  else list.push(text);
}

/** What is in `left` more often than in `right`. */
function surplus(left: readonly string[], right: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of right) counts.set(text, (counts.get(text) ?? 0) + 1);
  const more: string[] = [];
  for (const text of left) {
    const count = counts.get(text) ?? 0;
    if (count > 0) counts.set(text, count - 1);
    else more.push(text);
  }
  return more;
}

/** Orders and fills of the trading process against the venue's own book. The process must have stopped. */
export async function countOrders(url: string, schema: string): Promise<OrderCount> {
  const store = new PostgresStore({ url, schema });
  await store.open();
  try {
    const everything = { limit: maxRows };
    const [orders, fills] = [await store.list('orders', everything), await store.list('fills', everything)];
    const venue = new PaperVenue({ startingCash: '10000' });
    venue.restore([...(await store.venueBook().all())]);
    const truth = venue.snapshot('count', Number.MAX_SAFE_INTEGER, []);
    const ours = new Set(orders.map(({ client_order_id }) => client_order_id));
    const entries = orders.filter(({ leg, signal_id }) => leg === 'entry' && signal_id !== null);
    const signals = new Set(entries.map(({ signal_id }) => signal_id));
    let wrong = 0;
    for (const order of orders) {
      const filled = fills
        .filter(({ client_order_id }) => client_order_id === order.client_order_id)
        .reduce((sum, { quantity }) => addDecimal(sum, quantity), '0');
      if (compareDecimal(filled, order.filled_quantity) !== 0) wrong++;
    }
    return {
      orders: orders.length,
      fills: fills.length,
      lost: truth.orders.filter(({ request }) => !ours.has(request.client_order_id)).length + wrong,
      doubled: entries.length - signals.size + (orders.length - ours.size),
    };
  } finally {
    await store.close();
  }
}
