// What explains what, as data: one trouble shows in many places, and only the one behind it is told to a person.
// It must stay free of cycles; graphDefects says where it is not.
import { type CauseKind, causeKinds } from './cause-kinds.ts';

interface Dependency {
  readonly cause: CauseKind;
  readonly explains: readonly CauseKind[];
  readonly because: string;
}

/** Direct edges only; what follows from them is worked out. */
const dependencies: readonly Dependency[] = [
  {
    cause: 'network',
    explains: ['source_stale', 'source_degraded', 'probe_failed', 'workflow_down', 'model_down'],
    because: 'nothing outside can be reached without it',
  },
  {
    cause: 'rate_limited',
    explains: ['source_degraded'],
    because: 'a source that is told to wait delivers late',
  },
  {
    cause: 'disk_low',
    explains: ['store_slow'],
    because: 'a database without room to write waits',
  },
  {
    cause: 'heap_growth',
    explains: ['agent_slow', 'event_loop_slow', 'drift'],
    because: 'a nearly full heap is collected all the time',
  },
  {
    cause: 'event_loop_slow',
    explains: ['cpu_high', 'inbox_backlog', 'store_slow', 'queue_stuck', 'relay_down', 'relay_lag'],
    because: 'everything in the process waits for the one thread',
  },
  {
    cause: 'agent_slow',
    explains: ['event_loop_slow'],
    because: 'an agent that takes long holds the one thread for as long',
  },
  {
    cause: 'database_strained',
    explains: ['store_slow'],
    because: 'locks and runaway statements make every round trip wait',
  },
  {
    cause: 'store_slow',
    explains: ['inbox_backlog', 'queue_stuck', 'slots_late', 'relay_lag'],
    because: 'every decision waits for its commit, so inputs pile up and slots are missed',
  },
  {
    cause: 'agent_failed',
    explains: ['slots_late', 'dead_letters', 'relay_lag'],
    because: 'an agent that does not run answers nothing, and what was meant for it is set aside',
  },
  {
    cause: 'process_frozen',
    explains: ['slots_late', 'queue_stuck'],
    because: 'what should have been done while it stood is late',
  },
  {
    cause: 'inbox_backlog',
    explains: ['slots_late', 'relay_lag'],
    because: 'what waits is done late',
  },
  {
    cause: 'relay_down',
    explains: ['relay_lag', 'slots_late', 'queue_stuck'],
    because: 'agents in other processes neither hear nor are heard, so what they should do is not done',
  },
  {
    cause: 'relay_lag',
    explains: ['slots_late', 'queue_stuck'],
    because: 'what an agent elsewhere has not heard it cannot do',
  },
  {
    cause: 'cpu_high',
    explains: ['anomaly', 'drift'],
    because: 'a saturated processor shifts every other measure',
  },
  {
    cause: 'event_loop_slow',
    explains: ['anomaly', 'drift'],
    because: 'a blocked thread shifts every other measure',
  },
  { cause: 'heap_growth', explains: ['anomaly'], because: 'memory is one of the measures' },
  { cause: 'inbox_backlog', explains: ['anomaly'], because: 'the backlog is one of the measures' },
  { cause: 'store_slow', explains: ['anomaly', 'drift'], because: 'its latency is one of the measures' },
  { cause: 'disk_low', explains: ['anomaly', 'drift'], because: 'free space is one of the measures' },
  { cause: 'queue_stuck', explains: ['anomaly', 'drift'], because: 'its depth and age are measures' },
  {
    cause: 'relay_down',
    explains: ['anomaly', 'drift'],
    because: 'its latency and what waits for it are measures',
  },
  { cause: 'anomaly', explains: ['drift'], because: 'a jump is a drift too' },
];

/** Causes inside this process whose symptoms come together: what two of them show at once is one trouble, even before it is found. */
const commonRoots: ReadonlySet<CauseKind> = new Set([
  'heap_growth',
  'agent_slow',
  'event_loop_slow',
  'disk_low',
  'database_strained',
  'store_slow',
]);

const explainers: ReadonlyMap<CauseKind, readonly CauseKind[]> = new Map(
  causeKinds.map((kind) => [kind, behind(kind)]),
);

/** Every cause that explains this one, directly or through others. */
export function explainedBy(kind: CauseKind): readonly CauseKind[] {
  return explainers.get(kind) ?? [];
}

/** True when one trouble inside the process could be behind both. */
export function mayShareCause(left: CauseKind, right: CauseKind): boolean {
  const behindRight = explainedBy(right);
  return explainedBy(left).some((kind) => commonRoots.has(kind) && behindRight.includes(kind));
}

/** Why `cause` explains `symptom`, from the nearest link to the last; empty when it does not. */
export function chainBetween(cause: CauseKind, symptom: CauseKind): string[] {
  const link = dependencies.find((edge) => edge.cause === cause && edge.explains.includes(symptom));
  if (link !== undefined) return [link.because];
  for (const edge of dependencies.filter((one) => one.cause === cause))
    for (const next of edge.explains)
      if (explainedBy(symptom).includes(next)) return [edge.because, ...chainBetween(next, symptom)];
  return [];
}

/** Causes that would explain themselves; empty for a sound graph. */
export function graphDefects(): string[] {
  return causeKinds
    .filter((kind) => explainedBy(kind).includes(kind))
    .map((kind) => `${kind} explains itself`);
}

function behind(kind: CauseKind): CauseKind[] {
  const found = new Set<CauseKind>();
  const waiting: CauseKind[] = [kind];
  for (const one of waiting)
    for (const edge of dependencies)
      if (edge.explains.includes(one) && !found.has(edge.cause)) {
        found.add(edge.cause);
        waiting.push(edge.cause);
      }
  return [...found].sort();
}
