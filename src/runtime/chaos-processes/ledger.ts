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
import type { EpochMs } from '../../shared/domain/time.ts';
import { type BooksDifference, compareBooks } from '../../simulator/chaos-health/books.ts';
import { type Said, surplus, textOf } from '../../simulator/chaos-health/said.ts';

export interface MessageCount {
  readonly sent: number;
  /** Said in the last moment before the stop: in the sender's database, to be sent at its next start. */
  readonly waiting: number;
  readonly lost: number;
  readonly doubled: number;
  readonly out_of_order: number;
  /** The first of what was lost or doubled, for whoever looks for the reason. */
  readonly examples: readonly string[];
  /** When each was said, milliseconds: for telling under which fault. */
  readonly times: Times<'sent' | 'lost' | 'doubled'>;
}

export interface OrderCount extends BooksDifference {
  readonly orders: number;
  readonly fills: number;
}

type Times<Kind extends string> = Readonly<Record<Kind, readonly EpochMs[]>>;

export interface Home {
  readonly schema: string;
  readonly agents: readonly AgentName[];
}

const maxRows = 100_000;
const maxExamples = 5;
const maxExampleLength = 200;

/** Every message that an agent heard from another process, compared with what was said to it, in order. */
export async function countMessages(url: string, homes: readonly Home[]): Promise<MessageCount> {
  const said = new Map<string, Said[]>();
  const heard = new Map<string, Said[]>();
  for (const home of homes)
    for await (const { input, emitted } of turnsOf(url, home.schema)) {
      const relayed = arrived(input, home);
      if (relayed) put(heard, wayOf(input, input.to), input);
      const own = !relayed && passedOn(input, home) ? [input, ...emitted] : emitted;
      for (const message of own)
        for (const to of hearersElsewhere(message, home)) put(said, wayOf(message, to), message);
    }
  const waiting = await countWaiting(url, homes);
  const sent: EpochMs[] = [];
  const [missing, extra]: [Said[], Said[]] = [[], []];
  let outOfOrder = 0;
  for (const way of new Set([...said.keys(), ...heard.keys()])) {
    const [left, right] = [said.get(way) ?? [], heard.get(way) ?? []];
    for (const { at } of left) sent.push(at);
    const [ofLeft, ofRight] = [surplus(left, right), surplus(right, left)];
    for (const one of ofLeft) missing.push({ ...one, text: `${way}: ${one.text}` });
    for (const one of ofRight) extra.push({ ...one, text: `${way}: ${one.text}` });
    const oneSpeaker = (agentNames as readonly string[]).includes(way.split(' ')[0] ?? '');
    const inOrder = left.every(({ text }, index) => text === right[index]?.text);
    if (oneSpeaker && ofLeft.length === 0 && ofRight.length === 0 && !inOrder) outOfOrder++;
  }
  // What waits was said last.
  const lost = missing
    .sort((one, other) => one.at - other.at)
    .slice(0, Math.max(0, missing.length - waiting));
  const examples = [
    ...lost.map(({ text }) => `lost ${text.slice(0, maxExampleLength)}`),
    ...extra.map(({ text }) => `doubled ${text.slice(0, maxExampleLength)}`),
  ];
  return {
    sent: sent.length,
    waiting,
    lost: lost.length,
    doubled: extra.length,
    out_of_order: outOfOrder,
    examples: examples.slice(0, maxExamples),
    times: { sent, lost: lost.map(({ at }) => at), doubled: extra.map(({ at }) => at) },
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

function put(map: Map<string, Said[]>, key: string, message: AnyMessage): void {
  const said = { text: textOf(message), at: message.at };
  const list = map.get(key);
  if (list === undefined) map.set(key, [said]);
  else list.push(said);
}

/** Orders and fills of the trading process against the venue's own book, row by row. The process must have stopped. */
export async function countOrders(url: string, schema: string): Promise<OrderCount> {
  const store = new PostgresStore({ url, schema });
  await store.open();
  try {
    const everything = { limit: maxRows };
    const [orders, fills] = [await store.list('orders', everything), await store.list('fills', everything)];
    const venue = new PaperVenue({ startingCash: '10000' });
    venue.restore([...(await store.venueBook().all())]);
    // At the beginning of time nothing is too old to be told.
    const truth = venue.snapshot('count', 0, []);
    return { ...compareBooks(orders, fills, truth), orders: orders.length, fills: fills.length };
  } finally {
    await store.close();
  }
}
