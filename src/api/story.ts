// The story of one id, joined from committed rows: what was seen, decided, signalled, refused, ordered, filled, settled.
import type { Decision } from '../shared/domain/decision.ts';
import type { Fill, Order } from '../shared/domain/order.ts';
import type { Position } from '../shared/domain/position.ts';
import type { Refusal } from '../shared/domain/risk.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { Task } from '../shared/domain/task.ts';
import { toIso } from '../shared/domain/time.ts';
import type { StoreReader } from '../shared/ports/store.ts';
import { profitCurrencyOf } from './position-row.ts';

export interface Story {
  readonly id: string;
  readonly decision: Decision | null;
  readonly tasks: readonly Task[];
  readonly signals: readonly Signal[];
  readonly refusals: readonly Refusal[];
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly positions: readonly Position[];
  readonly lines: readonly string[];
}

/** Most rows of each kind that a story tells. */
const maxRows = 200;

/** Everything known under a decision, signal or order id; undefined when the id is unknown. */
export async function storyOf(id: string, reader: StoreReader): Promise<Story | undefined> {
  const decision = await reader.get('decisions', id);
  if (decision !== undefined) return ofDecision(id, decision, reader);
  const signal = await reader.get('signals', id);
  if (signal !== undefined) return ofSignal(id, signal, reader);
  const order =
    (await reader.get('orders', id)) ??
    (await reader.list('orders', { limit: 1, where: { client_order_id: id } }))[0];
  if (order === undefined) return undefined;
  const cause = order.signal_id === null ? undefined : await reader.get('signals', order.signal_id);
  if (cause !== undefined) return ofSignal(id, cause, reader);
  return tell(id, null, [], [], reader, [order]);
}

async function ofDecision(id: string, decision: Decision, reader: StoreReader): Promise<Story> {
  const found = await Promise.all(decision.task_ids.map((taskId) => reader.get('tasks', taskId)));
  const tasks = found.filter((task) => task !== undefined);
  const signals = (
    await Promise.all(
      decision.task_ids.map((task_id) => reader.list('signals', { limit: maxRows, where: { task_id } })),
    )
  ).flat();
  return tell(id, decision, tasks, signals, reader, []);
}

async function ofSignal(id: string, signal: Signal, reader: StoreReader): Promise<Story> {
  const task = signal.task_id === null ? undefined : await reader.get('tasks', signal.task_id);
  const decision = task === undefined ? undefined : await reader.get('decisions', task.decision_id);
  return tell(id, decision ?? null, task === undefined ? [] : [task], [signal], reader, []);
}

async function tell(
  id: string,
  decision: Decision | null,
  tasks: readonly Task[],
  signals: readonly Signal[],
  reader: StoreReader,
  loose: readonly Order[],
): Promise<Story> {
  const correlations = [
    ...new Set([...signals.map((signal) => signal.signal_id), ...loose.map((order) => order.correlation_id)]),
  ];
  const byCorrelation = async <Name extends 'orders' | 'positions'>(name: Name) =>
    (
      await Promise.all(
        correlations.map((correlation_id) =>
          reader.list(name, { limit: maxRows, where: { correlation_id } }),
        ),
      )
    ).flat();
  const orders = await byCorrelation('orders');
  const positions = await byCorrelation('positions');
  const refusals = (
    await Promise.all(
      signals.map((signal) =>
        reader.list('refusals', { limit: maxRows, where: { signal_id: signal.signal_id } }),
      ),
    )
  ).flat();
  const fills = (
    await Promise.all(
      orders.map((order) =>
        reader.list('fills', { limit: maxRows, where: { client_order_id: order.client_order_id } }),
      ),
    )
  ).flat();
  const parts = { decision, tasks, signals, refusals, orders, fills, positions };
  return { id, ...parts, lines: storyLines(parts) };
}

interface Moment {
  readonly at: number;
  readonly text: string;
}

function storyLines(parts: Omit<Story, 'id' | 'lines'>): string[] {
  const moments: Moment[] = [
    ...(parts.decision === null ? [] : decisionMoments(parts.decision)),
    ...parts.tasks.flatMap(taskMoments),
    ...parts.signals.map(signalMoment),
    ...parts.refusals.map(refusalMoment),
    ...parts.orders.flatMap(orderMoments),
    ...parts.fills.map(fillMoment),
    ...parts.positions.flatMap(positionMoments),
  ];
  moments.sort((left, right) => left.at - right.at);
  return moments.map((moment) => `${toIso(moment.at)}  ${moment.text}`);
}

function decisionMoments(decision: Decision): Moment[] {
  const chosen = decision.candidates
    .filter((candidate) => candidate.chosen)
    .map((candidate) => `${candidate.kind} (${candidate.reason})`);
  const moments = [
    {
      at: decision.at,
      text: `DECISION ${decision.id}: ${decision.action} in mode ${decision.mode}, on ${decision.data_kind} market data, confidence ${decision.confidence.toFixed(2)}`,
    },
    { at: decision.at, text: `  because ${decision.reasoning}` },
    { at: decision.at, text: chosen.length === 0 ? '  nothing was run' : `  runs ${chosen.join('; ')}` },
  ];
  const outcome = decision.outcome;
  if (outcome !== null)
    moments.push({
      at: outcome.scored_at,
      text: `OUTCOME ${outcome.successful ? 'as promised' : 'not as promised'}: ${outcome.detail}`,
    });
  return moments;
}

function taskMoments(task: Task): Moment[] {
  const moments = [
    {
      at: task.queued_at,
      text: `TASK ${task.id}: ${task.kind} on ${task.symbols.length} symbols by ${task.agent}${task.open ? `, because ${task.reason}` : ''}`,
    },
  ];
  if (task.finished_at !== null)
    moments.push({
      at: task.finished_at,
      text: `TASK ${task.id} ${task.state}${task.result === null ? '' : `: ${task.result.summary}`}`,
    });
  return moments;
}

function signalMoment(signal: Signal): Moment {
  const evidence = signal.evidence.map((item) => `${item.name}=${item.value}`).join(', ');
  return {
    at: signal.issued_at,
    text: `SIGNAL ${signal.signal_id}: ${signal.action} ${signal.symbol} at ${signal.reference_price}, confidence ${signal.confidence.toFixed(2)}. ${signal.reasoning} [${evidence}]`,
  };
}

function refusalMoment(refusal: Refusal): Moment {
  return {
    at: refusal.at,
    text: `REFUSED ${refusal.symbol}: ${refusal.code} (limit ${refusal.limit ?? '-'}, actual ${refusal.actual ?? '-'})`,
  };
}

function orderMoments(order: Order): Moment[] {
  const price = order.price === null ? 'at the market' : `at ${order.price}`;
  return [
    {
      at: order.created_at,
      text: `ORDER ${order.id}: ${order.leg} ${order.side} ${order.quantity} ${order.symbol} ${price}`,
    },
    {
      at: order.updated_at,
      // A filled order says all by itself; what it keeps as reason is an earlier doubt or wish.
      text: `ORDER ${order.id} ${order.state}${order.reason === '' || order.state === 'filled' ? '' : `: ${order.reason}`}`,
    },
  ];
}

function fillMoment(fill: Fill): Moment {
  return {
    at: fill.at,
    text: `FILL ${fill.side} ${fill.quantity} ${fill.symbol} at ${fill.price}, fee ${fill.fee}`,
  };
}

function positionMoments(position: Position): Moment[] {
  const moments = [
    {
      at: position.opened_at,
      text: `POSITION ${position.id}: ${position.side} ${position.symbol} opened, stop ${position.stop_price ?? 'none'}, target ${position.target_price ?? 'none'}`,
    },
  ];
  const named = profitCurrencyOf(position.symbol);
  const currency = named === null ? '' : ` ${named}`;
  if (position.closed_at !== null)
    moments.push({
      at: position.closed_at,
      text: `POSITION ${position.id} closed (${position.close_reason ?? 'no reason recorded'}), realised ${position.realised_profit}${currency} after fees ${position.fees}${currency}`,
    });
  return moments;
}
