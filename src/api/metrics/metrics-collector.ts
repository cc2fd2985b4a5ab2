// All Prometheus metrics of the process in a registry of its own, read from tallies and facts when scraped.
// Label sets are bounded; nothing here may fail a scrape because one number is missing.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { StoreReader } from '../../shared/ports/store.ts';
import type { RuntimeFacts } from '../api-dependencies.ts';
import type { LiveView } from '../live-view.ts';
import { ActivityTally } from './activity-tally.ts';
import { AgentTally } from './agent-tally.ts';
import { DecisionTally } from './decision-tally.ts';
import { LearningTally } from './learning-tally.ts';
import type { MetricDefinition, Scrape } from './metric-definition.ts';
import { defineMetrics } from './metric-definitions.ts';
import { ModelTally } from './model-tally.ts';
import { SchedulerTally } from './scheduler-tally.ts';
import { Timings } from './timings.ts';
import { VerdictTally } from './verdict-tally.ts';

/** Sources with a gauge of their own; more would let names grow without end. */
const maxSourceGauges = 64;

/** Gauges of prom-client that are named like counters, which confuses rate(); their parts by type remain. */
const misnamedDefaults = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface HttpCounts {
  readonly streamClients: number;
  readonly streamDropped: number;
}

export class MetricsCollector {
  readonly decisions = new DecisionTally();
  readonly activity = new ActivityTally();
  readonly models = new ModelTally();
  readonly agents = new AgentTally();
  readonly scheduler = new SchedulerTally();
  readonly verdicts = new VerdictTally();
  readonly learning = new LearningTally();
  readonly #registry = new Registry();
  readonly #timings = new Timings(this.#registry);
  readonly #sourceGauges = new Map<string, Gauge>();
  readonly #requests: Counter;
  #scrape: Scrape | undefined;

  constructor() {
    for (const definition of defineMetrics()) this.#define(definition);
    this.#requests = new Counter({
      name: 'ato_http_requests_total',
      help: 'HTTP requests answered, by route pattern and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [this.#registry],
    });
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamedDefaults) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  observe(message: AnyMessage): void {
    this.decisions.observe(message);
    this.activity.observe(message);
    this.models.observe(message);
    this.agents.observe(message);
    this.scheduler.observe(message);
    this.verdicts.observe(message);
    this.learning.observe(message);
    this.#timings.observe(message);
  }

  countExternalAlert(status: 'firing' | 'resolved'): void {
    this.activity.externalAlerts.add({ status });
  }

  /** Continues from the store. Rejects when it does not answer; counting then begins at zero. */
  async prime(reader: StoreReader): Promise<void> {
    await Promise.all([this.decisions.prime(reader), this.activity.prime(reader)]);
  }

  countRequest(method: string, route: string, status: number, elapsedMs: number): void {
    this.#requests.inc({ method, route, status });
    this.#timings.observeRequest(method, route, elapsedMs);
  }

  /** Every metric that is always there, by name: what docs/metrics.md is made of. */
  describe(): MetricDescription[] {
    const described = this.#registry.getMetricsAsArray().map((metric): MetricDescription => {
      const { labelNames = [], type } = metric as unknown as { labelNames?: readonly string[]; type: string };
      return { name: metric.name, type: String(type), help: metric.help, labels: labelNames };
    });
    return described.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** Prometheus text of this moment. `deadLetters` is null when the store did not answer. */
  async render(
    facts: RuntimeFacts,
    live: LiveView,
    http: HttpCounts,
    deadLetters: number | null,
  ): Promise<string> {
    this.#scrape = {
      facts,
      live,
      http,
      deadLetters,
      decisions: this.decisions,
      activity: this.activity,
      models: this.models,
      agents: this.agents,
      scheduler: this.scheduler,
      verdicts: this.verdicts,
      learning: this.learning,
    };
    this.#updateSources(facts);
    const text = await this.#registry.metrics();
    // prom-client writes "Nan"; the text format says "NaN".
    return text.replaceAll(/ Nan$/gm, ' NaN');
  }

  #define(definition: MetricDefinition): void {
    const readNow = () => (this.#scrape === undefined ? [] : definition.read(this.#scrape));
    const { name, help } = definition;
    const common = { name, help, labelNames: [...definition.labels], registers: [this.#registry] };
    if (definition.type === 'counter') {
      new Counter({
        ...common,
        collect() {
          this.reset();
          for (const [labels, value] of readNow()) this.inc(labels, value);
        },
      });
    } else {
      new Gauge({
        ...common,
        collect() {
          this.reset();
          for (const [labels, value] of readNow()) this.set(labels, value);
        },
      });
    }
  }

  #updateSources(facts: RuntimeFacts): void {
    const { workflow_server: server } = facts;
    const workflows = server ? [{ source: server.name, status: server.status }] : [];
    for (const { source, status } of [...facts.sources, ...workflows]) {
      const name = `api_health_${metricSuffix(source)}`;
      let gauge = this.#sourceGauges.get(name);
      if (gauge === undefined) {
        if (this.#sourceGauges.size >= maxSourceGauges) continue;
        const help = `Health of the source ${source}: 1 healthy, 0 down, NaN before it has said anything.`;
        gauge = new Gauge({ name, help: help.replaceAll(/[\r\n]/g, ' '), registers: [this.#registry] });
        this.#sourceGauges.set(name, gauge);
      }
      gauge.set(status?.health ?? Number.NaN);
    }
  }
}

/** A source's name as the end of a metric name: lower case, anything but letters and digits becomes `_`. */
export function metricSuffix(source: string): string {
  const suffix = source
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60);
  return suffix === '' ? 'unnamed' : suffix;
}
