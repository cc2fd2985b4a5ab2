// Durable memory of the health monitor: the shapes of its `agent_memory` rows and how they are read back.
// Values are immutable and replaced on change, because the kernel's mirror keeps the very object that was put.
import { z } from 'zod';
import type { Turn } from '../kernel/agent.ts';
import type { MemoryRow } from '../shared/bus/collections.ts';
import { type Proposal, proposalStates, type UsageRow } from '../shared/domain/health-report.ts';
import type { Incident } from '../shared/domain/incident.ts';
import { taskKinds } from '../shared/domain/task.ts';
import { playbookNames } from './playbooks/playbook-names.ts';

const severity = z.enum(['info', 'warning', 'critical']);
const time = z.number().int();

const incidentSchema: z.ZodType<Incident> = z.object({
  id: z.string(),
  cause: z.string(),
  severity,
  summary: z.string(),
  consequence: z.string(),
  symptoms: z.number(),
  opened_at: time,
  updated_at: time,
  resolved_at: time.nullable(),
  open: z.boolean(),
});

/** One cause of trouble: first pending, then an incident, then remembered for a while. */
const causeSchema = z.object({
  cause: z.string(),
  /** True while the condition holds; always false for causes made of single events. */
  active: z.boolean(),
  active_since: time,
  last_bad_at: time,
  /** How bad the observation alone is, before its consequence for trading is weighed. */
  level: severity,
  level_since: time,
  symptoms: z.number(),
  evidence: z.string(),
  /** Set once when automatic healing gave up. */
  escalation: z.string().nullable(),
  times_opened: z.number(),
  incident: incidentSchema.nullable(),
});
export type CauseState = Readonly<z.infer<typeof causeSchema>>;

/** One playbook at work on one target. */
const healSchema = z.object({
  playbook: z.enum(playbookNames),
  target: z.string(),
  cause: z.string(),
  phase: z.enum(['verifying', 'waiting', 'refused', 'exhausted', 'done']),
  attempt: z.number(),
  /** When the phase's wait ends; null when only an event can end it. */
  next_at: time.nullable(),
  started_at: time,
  /** Record of the attempt under way; null when none is, or it needs none. */
  record_id: z.string().nullable(),
  incident_id: z.string().nullable(),
  before: z.string(),
  /** What the last step said that it did; absent when it has not answered. */
  told: z.string().optional(),
});
export type HealState = Readonly<z.infer<typeof healSchema>>;

const probeRequest = z.object({ probe: z.string(), target: z.string() });
export type ProbeRequest = Readonly<z.infer<typeof probeRequest>>;

/** A diagnosis in progress; `task_id` is null when an operator asked for it. */
const checkSchema = z.object({
  id: z.string(),
  task_id: z.string().nullable(),
  /** Kind of the task; null for an operator's look. */
  kind: z.enum(taskKinds).nullable(),
  correlation_id: z.string(),
  started_at: time,
  deadline_at: time,
  /** Everything that was asked. */
  asked: z.array(probeRequest),
  /** What was known to be wrong as it began. */
  before: z.string(),
});
export type CheckState = Readonly<z.infer<typeof checkSchema>>;

/** What a check has heard so far; a row of its own, so that an answer does not write the whole check again. */
const progressSchema = z.object({
  id: z.string(),
  /** Places in the check's `asked` list that have not answered. */
  waiting: z.array(z.number()),
  answered: z.number(),
  problems: z.array(z.string()),
});
export type CheckProgress = Readonly<z.infer<typeof progressSchema>>;

const metricBaseline = z.object({
  name: z.string(),
  center: z.number(),
  scale: z.number(),
  windows: z.number(),
  /** Median of the newest window. */
  latest: z.number(),
  /** CUSUM of how far successive windows lie above normal, in robust standard deviations. */
  drift: z.number(),
  /** Windows for which that has been a drift. */
  drifting: z.number(),
  /** Usual difference of each hour of the day (UTC), and windows seen of it; empty before the second window. */
  hours: z.array(z.number()).readonly(),
  seen: z.array(z.number()).readonly(),
});
const heapSchema = z.object({
  /** Lowest heap use of recent windows, oldest first: a leak raises the floor. */
  floors: z.array(z.number()),
});
export type MetricBaseline = Readonly<z.infer<typeof metricBaseline>>;
export interface HeapMemory {
  readonly floors: readonly number[];
}

const tradingSchema = z.object({
  known: z.boolean(),
  state: z.enum(['active', 'reducing', 'halted']),
  open_positions: z.number(),
  unknown_orders: z.number(),
});
/** What trading last said of itself; severity is judged by it. */
export type TradingContext = Readonly<z.infer<typeof tradingSchema>>;

const summarySchema = z.object({
  at: time,
  load: z.number(),
  summary: z.object({
    system_load: z.number(),
    source_health: z.record(z.string(), z.number()),
    open_incidents: z.number(),
    critical_incidents: z.number(),
  }),
});
export type SummaryState = Readonly<z.infer<typeof summarySchema>>;

/** Alerts of other monitors that opened together and are told as one. */
const stormSchema = z.object({
  /** The first of them; its end is told when the last is over. */
  id: z.string(),
  opened_at: time,
  severity,
  /** How bad people were told that it is; null before they were. */
  told: severity.nullable(),
  /** Words of the newest of them, and what it means for trading. */
  summary: z.string(),
  consequence: z.string(),
  count: z.number(),
  /** Of these, how many came after people were told. */
  untold: z.number(),
  names: z.array(z.string()),
  /** True while it only waits in the digest. */
  held: z.boolean(),
});
export type StormState = Readonly<z.infer<typeof stormSchema>>;

const heldMessage = { incident_id: z.string(), severity, text: z.string(), at: time };
const pagerSchema = z.object({
  /** Local day that `sent` counts. */
  day: z.number(),
  sent: z.number(),
  held: z.array(z.object({ ...heldMessage, external: z.literal(true).optional() })),
  held_more: z.number(),
  digest_at: time.nullable(),
  /** Absent until another monitor was first heard. */
  external: z.object({ day: z.number(), sent: z.number(), storm: stormSchema.nullable() }).optional(),
});
/** Pages sent today and what is held back for a digest. */
export type PagerState = Readonly<z.infer<typeof pagerSchema>>;

const pageSchema = z.object({
  incident_id: z.string(),
  cause: z.string(),
  severity,
  updates: z.number(),
  told_at: time,
  /** Incident of the cause behind it, which tells its end. */
  merged_into: z.string().nullable(),
  /** True while it only waits in the digest. */
  held: z.boolean(),
});
/** What people have been told of one open incident. */
export type PageState = Readonly<z.infer<typeof pageSchema>>;

const usageSchema: z.ZodType<UsageRow> = z.object({
  name: z.string(),
  runs: z.number(),
  failures: z.number(),
  mean_ms: z.number(),
  worst_ms: z.number(),
  effective: z.number(),
  tokens: z.number(),
  micro_usd: z.number(),
  since: time,
});

const proposalSchema: z.ZodType<Proposal> = z.object({
  id: z.string(),
  knob: z.string(),
  setting: z.string(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  expected_gain: z.string(),
  safe: z.boolean(),
  state: z.enum(proposalStates),
  before: z.number().nullable(),
  after: z.number().nullable(),
  unit: z.string(),
  at: time,
  decided_at: time.nullable(),
});

const trialSchema = z.object({
  /** What is being tried; null between two trials. */
  knob: z.string().nullable(),
  reviewed_at: time,
  /** Medians of the windows since it was applied. */
  windows: z.array(z.number()),
  /** Waiting inputs before it was. */
  backlog: z.number(),
});
/** The optimiser's trial under way. */
export type TrialState = Readonly<z.infer<typeof trialSchema>>;

const ladderSchema = z.object({ resting: z.array(z.string()) });
/** Providers that the model ladder leaves alone for now. */
export type LadderMemory = Readonly<z.infer<typeof ladderSchema>>;

const relaySchema = z.object({ messages: z.number(), oldest_ms: z.number() });
/** Messages for agents elsewhere that wait, when last reported; zero while only a few are on their way. */
export type RelayMemory = Readonly<z.infer<typeof relaySchema>>;

const sourceKindSchema = z.object({ source: z.string(), recorded: z.boolean() });

const schemas = {
  cause: causeSchema,
  heal: healSchema,
  check: checkSchema,
  progress: progressSchema,
  metric: metricBaseline,
  heap: heapSchema,
  trading: tradingSchema,
  summary: summarySchema,
  source_kind: sourceKindSchema,
  pager: pagerSchema,
  page: pageSchema,
  ladder: ladderSchema,
  relay: relaySchema,
  usage: usageSchema,
  proposal: proposalSchema,
  trial: trialSchema,
};

export type MemoryKind = keyof typeof schemas;
export interface MemoryByKind {
  cause: CauseState;
  heal: HealState;
  check: CheckState;
  progress: CheckProgress;
  metric: MetricBaseline;
  heap: HeapMemory;
  trading: TradingContext;
  summary: SummaryState;
  source_kind: Readonly<z.infer<typeof sourceKindSchema>>;
  pager: PagerState;
  page: PageState;
  ladder: LadderMemory;
  relay: RelayMemory;
  usage: UsageRow;
  proposal: Proposal;
  trial: TrialState;
}

function memoryKey(kind: MemoryKind, name: string): string {
  return `health_ai/${kind}/${name}`;
}

/** Writes one memory, or removes it when `value` is null. */
export function remember<Kind extends MemoryKind>(
  turn: Turn,
  kind: Kind,
  name: string,
  value: MemoryByKind[Kind] | null,
): void {
  if (value === null) turn.remove('agent_memory', memoryKey(kind, name));
  else turn.put('agent_memory', memoryKey(kind, name), { agent: 'health_ai', value });
}

/** All memories of a kind, by name. A row of another shape (an older program's) is forgotten, not trusted. */
export function recall<Kind extends MemoryKind>(
  rows: Iterable<readonly [string, MemoryRow]>,
  kind: Kind,
): MemoryByKind[Kind][] {
  const prefix = memoryKey(kind, '');
  const found: [string, MemoryByKind[Kind]][] = [];
  for (const [key, row] of rows) {
    if (!key.startsWith(prefix)) continue;
    const parsed = schemas[kind].safeParse(row.value);
    if (parsed.success) found.push([key, parsed.data as MemoryByKind[Kind]]);
  }
  found.sort(([left], [right]) => (left < right ? -1 : 1));
  return found.map(([, value]) => value);
}
