// Histograms: how late slots begin, how long tasks, orders, incidents and HTTP requests take. Fed once per event.
import { Histogram, type Registry } from 'prom-client';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { Incident } from '../../shared/domain/incident.ts';
import type { Order } from '../../shared/domain/order.ts';
import { type Task, taskKinds } from '../../shared/domain/task.ts';

/** Ids remembered per kind of event, so that a repeated word is not a second event. */
const maxRemembered = 10_000;
const taskBuckets = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800];
const httpBuckets = [0.005, 0.025, 0.1, 0.5, 2.5, 10];
const incidentBuckets = [5, 15, 60, 300, 900, 3_600, 21_600, 86_400];

export class Timings {
  readonly #lateness: Histogram;
  readonly #duration: Histogram;
  readonly #acknowledgement: Histogram;
  readonly #incidents: Histogram;
  readonly #requests: Histogram;
  readonly #begun = new Recent();
  readonly #ended = new Recent();
  readonly #resolved = new Recent();
  /** Orders written since this start of which the broker has not spoken yet. */
  readonly #unheard = new Recent();

  constructor(registry: Registry) {
    const make = (name: string, help: string, labelNames: string[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, buckets, registers: [registry] });
    this.#lateness = make(
      'ato_task_slot_lateness_seconds',
      'From the scheduled start of a slot to the first start of its task.',
      ['kind'],
      taskBuckets,
    );
    this.#duration = make(
      'ato_task_duration_seconds',
      'From the first start of a task to its end, by kind.',
      ['kind'],
      taskBuckets,
    );
    this.#acknowledgement = make(
      'ato_trading_order_acknowledgement_seconds',
      'From an order being written to the first word of the broker about it.',
      [],
      taskBuckets,
    );
    this.#incidents = make(
      'ato_incident_duration_seconds',
      'How long incidents lasted that are over, by severity.',
      ['severity'],
      incidentBuckets,
    );
    this.#requests = make(
      'ato_http_request_duration_seconds',
      'Time to answer HTTP requests, by method and route pattern.',
      ['method', 'route'],
      httpBuckets,
    );
    for (const kind of taskKinds) for (const each of [this.#lateness, this.#duration]) each.zero({ kind });
    for (const severity of ['info', 'warning', 'critical']) this.#incidents.zero({ severity });
  }

  observe(message: AnyMessage): void {
    if (message.message_type === 'task.changed') this.#task(message.data);
    else if (message.message_type === 'trading.order_changed') this.#order(message.data);
    else if (message.message_type === 'health.incident') this.#incident(message.data);
  }

  observeRequest(method: string, route: string, elapsedMs: number): void {
    this.#requests.observe({ method, route }, Math.max(0, elapsedMs) / 1_000);
  }

  #task({ id, kind, state, attempts, slot_at, started_at, finished_at }: Task): void {
    if (started_at === null) return;
    if (state === 'running' && attempts <= 1 && this.#begun.isNew(id))
      this.#lateness.observe({ kind }, seconds(slot_at, started_at));
    if (finished_at !== null && this.#ended.isNew(id))
      this.#duration.observe({ kind }, seconds(started_at, finished_at));
  }

  #order({ id, state, created_at, updated_at }: Order): void {
    if (state === 'pending_submit') this.#unheard.isNew(id);
    else if (state !== 'unknown' && state !== 'cancel_requested' && this.#unheard.forget(id))
      this.#acknowledgement.observe(seconds(created_at, updated_at));
  }

  #incident({ id, severity, opened_at, resolved_at }: Incident): void {
    if (resolved_at !== null && this.#resolved.isNew(id))
      this.#incidents.observe({ severity }, seconds(opened_at, resolved_at));
  }
}

function seconds(from: number, to: number): number {
  return Math.max(0, to - from) / 1_000;
}

/** The newest ids, so that each is taken once. */
class Recent {
  readonly #ids = new Set<string>();

  /** Takes the id off again; false when it is not remembered. */
  forget(id: string): boolean {
    return this.#ids.delete(id);
  }

  /** True the first time; from then on the id is remembered. */
  isNew(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > maxRemembered) {
      const [oldest] = this.#ids;
      if (oldest !== undefined) this.#ids.delete(oldest);
    }
    return true;
  }
}
