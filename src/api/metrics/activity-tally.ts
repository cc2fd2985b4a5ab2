// Counts what the agents did since this process started: signals, orders, fills, refusals, tasks, incidents, heals.
// Every change is counted once, however often it is repeated.
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { Incident, Severity } from '../../shared/domain/incident.ts';
import { type Order, orderStates } from '../../shared/domain/order.ts';
import type { Position } from '../../shared/domain/position.ts';
import { refusalCodes } from '../../shared/domain/risk.ts';
import { type Task, taskKinds, taskStates } from '../../shared/domain/task.ts';
import { workflowOutcomes, workflowWitnesses } from '../../shared/domain/workflow.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import { LabelCounts } from './label-counts.ts';

/** Open orders, tasks and incidents remembered at once, each. */
const maxRemembered = 10_000;
const primedRows = 1_000;
const severities = ['info', 'warning', 'critical'] as const satisfies readonly Severity[];

export class ActivityTally {
  readonly signals = new LabelCounts(['BUY', 'SELL', 'CLOSE'].map((action) => ({ action })));
  readonly orders = new LabelCounts(orderStates.map((state) => ({ state })));
  readonly refusals = new LabelCounts(refusalCodes.map((code) => ({ code })));
  readonly tasks = new LabelCounts(taskKinds.flatMap((kind) => taskStates.map((state) => ({ kind, state }))));
  readonly incidents = new LabelCounts(severities.map((severity) => ({ severity })));
  readonly causes = new LabelCounts();
  readonly heals = new LabelCounts();
  readonly externalAlerts = new LabelCounts(['firing', 'resolved'].map((status) => ({ status })));
  readonly workflows = new LabelCounts(
    workflowOutcomes.flatMap((outcome) => workflowWitnesses.map((via) => ({ outcome, via }))),
  );
  readonly closed = new LabelCounts(['win', 'loss', 'flat'].map((result) => ({ result })));
  readonly candles = new LabelCounts();
  readonly quarantined = new LabelCounts();
  #fills = 0;
  #realisedProfit = 0;
  readonly #openOrders = new Map<string, { state: string; fills: number }>();
  readonly #openPositions = new Set<string>();
  readonly #openTasks = new Map<string, { readonly kind: string; state: string }>();
  readonly #openIncidents = new Map<string, string>();

  get fills(): number {
    return this.#fills;
  }
  /** Of positions closed since the start, in account currency. */
  get realisedProfit(): number {
    return this.#realisedProfit;
  }
  get unknownOrders(): number {
    return [...this.#openOrders.values()].filter((order) => order.state === 'unknown').length;
  }

  *openIncidents(): Iterable<readonly [{ severity: string }, number]> {
    for (const severity of severities) {
      yield [{ severity }, [...this.#openIncidents.values()].filter((kept) => kept === severity).length];
    }
  }

  openTasks(): Iterable<readonly [Readonly<Record<string, string>>, number]> {
    const counts = new LabelCounts();
    for (const { kind, state } of this.#openTasks.values()) counts.add({ kind, state });
    return counts.entries();
  }

  /** Remembers what was open before this start, so that it is neither counted again nor missed. */
  async prime(reader: StoreReader): Promise<void> {
    const open = { limit: primedRows, open: true };
    const [orders, tasks, incidents, positions] = await Promise.all([
      reader.list('orders', open),
      reader.list('tasks', open),
      reader.list('incidents', open),
      reader.list('positions', open),
    ]);
    for (const position of positions) this.#openPositions.add(position.id);
    for (const order of orders) {
      if (!this.#openOrders.has(order.id))
        this.#openOrders.set(order.id, { state: order.state, fills: order.fill_ids.length });
    }
    for (const task of tasks) {
      if (!this.#openTasks.has(task.id)) this.#openTasks.set(task.id, { kind: task.kind, state: task.state });
    }
    for (const incident of incidents) {
      if (!this.#openIncidents.has(incident.id)) this.#openIncidents.set(incident.id, incident.severity);
    }
  }

  observe(message: AnyMessage): void {
    switch (message.message_type) {
      case 'market.candle':
        this.candles.add({ source: message.data.source });
        break;
      case 'market.quarantined':
        this.quarantined.add(
          { source: message.data.source, reason: message.data.reason },
          message.data.count,
        );
        break;
      case 'signal':
        this.signals.add({ action: message.data.action });
        break;
      case 'trading.refused':
        this.refusals.add({ code: message.data.code });
        break;
      case 'trading.order_changed':
        this.#orderChanged(message.data);
        break;
      case 'task.changed':
        this.#taskChanged(message.data);
        break;
      case 'health.incident':
        this.#incidentChanged(message.data);
        break;
      case 'health.heal':
        this.heals.add({ playbook: message.data.playbook, outcome: message.data.outcome });
        break;
      case 'trading.position_changed':
        this.#positionChanged(message.data);
        break;
      case 'workflow.result':
        this.workflows.add({ outcome: message.data.outcome, via: message.data.via });
        break;
      default:
    }
  }

  #orderChanged(order: Order): void {
    const known = this.#openOrders.get(order.id);
    if (known?.state !== order.state) this.orders.add({ state: order.state });
    this.#fills += Math.max(0, order.fill_ids.length - (known?.fills ?? 0));
    if (!order.open) this.#openOrders.delete(order.id);
    else if (known !== undefined || this.#openOrders.size < maxRemembered)
      this.#openOrders.set(order.id, { state: order.state, fills: order.fill_ids.length });
  }

  #positionChanged(position: Position): void {
    if (position.open) this.#openPositions.add(position.id);
    else if (this.#openPositions.delete(position.id)) {
      const profit = Number(position.realised_profit);
      this.closed.add({ result: profit > 0 ? 'win' : profit < 0 ? 'loss' : 'flat' });
      if (Number.isFinite(profit)) this.#realisedProfit += profit;
    }
  }

  #taskChanged(task: Task): void {
    const known = this.#openTasks.get(task.id);
    if (known?.state !== task.state) this.tasks.add({ kind: task.kind, state: task.state });
    if (!task.open) this.#openTasks.delete(task.id);
    else if (known !== undefined || this.#openTasks.size < maxRemembered)
      this.#openTasks.set(task.id, { kind: task.kind, state: task.state });
  }

  #incidentChanged(incident: Incident): void {
    const known = this.#openIncidents.has(incident.id);
    if (!known && incident.open) {
      this.incidents.add({ severity: incident.severity });
      this.causes.add({ cause: incident.cause.split(':')[0] ?? '' });
    }
    if (!incident.open) this.#openIncidents.delete(incident.id);
    else if (known || this.#openIncidents.size < maxRemembered)
      this.#openIncidents.set(incident.id, incident.severity);
  }
}
