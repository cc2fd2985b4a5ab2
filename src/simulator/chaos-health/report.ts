// What a campaign of health chaos amounts to, fault by fault, against the targets. The same seeds give the same report.
import { type HealthFault, healthFaultNames } from './faults.ts';
import type { FaultOutcome } from './witness.ts';

export const detectionTargetMs = 15_000;
const maxToldMisses = 100;

export interface HealthChaosRun extends FaultOutcome {
  readonly seed: number;
  readonly fault: HealthFault;
  readonly playbook: string;
}

interface Spread {
  readonly p50: number | null;
  readonly max: number | null;
}

export interface FaultFigures {
  readonly fault: HealthFault;
  readonly playbook: string;
  readonly runs: number;
  readonly detected: number;
  readonly detected_after_ms: Spread;
  /** Healed by the expected playbook and verified. */
  readonly verified: number;
  readonly healed_after_ms: Spread;
  /** It ended between two attempts, without any of them. */
  readonly over_by_itself: number;
  /** Not healed, and a person was called. */
  readonly escalated: number;
  readonly pages_sent: number;
  readonly pages_per_cause_max: number;
  readonly messages_lost: number;
  readonly set_aside: number;
  readonly orders: number;
  readonly orders_lost: number;
  readonly orders_doubled: number;
}

export interface HealthChaosReport {
  readonly topology: 'one process';
  readonly first_seed: number;
  readonly seeds: number;
  readonly targets: { readonly detected_within_ms: number; readonly pages_per_cause: 1 };
  readonly faults: readonly FaultFigures[];
  readonly false_alarms: number;
  /** Runs that miss a target, with the command that repeats them. */
  readonly misses: readonly {
    readonly seed: number;
    readonly fault: HealthFault;
    readonly why: string;
    readonly reproduce: string;
  }[];
  readonly missed: number;
}

/** Targets that a run misses, in words; empty when it meets all. */
export function missesOf(run: HealthChaosRun): string[] {
  const why: string[] = [];
  if (run.detected_after_ms === null) why.push('not detected');
  else if (run.detected_after_ms > detectionTargetMs)
    why.push(`detected after ${run.detected_after_ms / 1_000} s`);
  if (run.healed_after_ms === null && run.escalated_after_ms === null && !run.resolved)
    why.push('neither healed nor escalated');
  // The ladder may leave a model that came back alone for longer than a run lasts; its work is done by the next one.
  if (run.healed_after_ms !== null && !run.resolved && run.fault !== 'model_down')
    why.push('healed, and its incident is still open');
  if (run.pages_of_one_cause > 1) why.push(`${run.pages_of_one_cause} pages for one cause`);
  if (run.messages_lost !== 0) why.push(`${run.messages_lost} messages lost`);
  if (run.orders_lost > 0) why.push(`${run.orders_lost} orders lost`);
  if (run.orders_doubled > 0) why.push(`${run.orders_doubled} orders doubled`);
  return why;
}

export function healthChaosReport(firstSeed: number, runs: readonly HealthChaosRun[]): HealthChaosReport {
  const misses = runs.flatMap((run) =>
    missesOf(run).map((why) => ({
      seed: run.seed,
      fault: run.fault,
      why,
      reproduce: `ato chaos health --first-seed ${run.seed} --seeds 1 --fault ${run.fault} --json`,
    })),
  );
  return {
    topology: 'one process',
    first_seed: firstSeed,
    seeds: runs.length,
    targets: { detected_within_ms: detectionTargetMs, pages_per_cause: 1 },
    faults: healthFaultNames.flatMap((fault) => {
      const own = runs.filter((run) => run.fault === fault);
      return own.length === 0 ? [] : [figuresOf(fault, own)];
    }),
    false_alarms: sum(runs.map((run) => run.false_alarms)),
    misses: misses.slice(0, maxToldMisses),
    missed: new Set(misses.map(({ seed }) => seed)).size,
  };
}

function figuresOf(fault: HealthFault, runs: readonly HealthChaosRun[]): FaultFigures {
  const healed = runs.filter((run) => run.healed_after_ms !== null);
  return {
    fault,
    playbook: runs[0]?.playbook ?? '',
    runs: runs.length,
    detected: runs.filter((run) => run.detected_after_ms !== null).length,
    detected_after_ms: spread(runs.map((run) => run.detected_after_ms)),
    verified: healed.length,
    healed_after_ms: spread(healed.map((run) => run.healed_after_ms)),
    over_by_itself: runs.filter(
      (run) => run.healed_after_ms === null && run.escalated_after_ms === null && run.resolved,
    ).length,
    escalated: runs.filter((run) => run.healed_after_ms === null && run.escalated_after_ms !== null).length,
    pages_sent: sum(runs.map((run) => run.pages)),
    pages_per_cause_max: Math.max(0, ...runs.map((run) => run.pages_of_one_cause)),
    messages_lost: sum(runs.map((run) => run.messages_lost)),
    set_aside: sum(runs.map((run) => run.set_aside)),
    orders: sum(runs.map((run) => run.orders)),
    orders_lost: sum(runs.map((run) => run.orders_lost)),
    orders_doubled: sum(runs.map((run) => run.orders_doubled)),
  };
}

function spread(values: readonly (number | null)[]): Spread {
  const sorted = values.filter((value) => value !== null).sort((left, right) => left - right);
  return { p50: sorted[Math.floor((sorted.length - 1) / 2)] ?? null, max: sorted.at(-1) ?? null };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The table of docs/health.md. */
export function healthChaosMarkdown({ faults }: HealthChaosReport): string[] {
  const seconds = (ms: number | null) => (ms === null ? 'never' : `${Math.round(ms / 100) / 10}`);
  return [
    '| fault | playbook | runs | seen after s (median, worst) | healed after s (median, worst) | verified | escalated | pages per run | messages lost | orders lost or doubled |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...faults.map(
      (one) =>
        `| ${one.fault} | \`${one.playbook}\` | ${one.runs} | ${seconds(one.detected_after_ms.p50)}, ${seconds(one.detected_after_ms.max)} | ${seconds(one.healed_after_ms.p50)}, ${seconds(one.healed_after_ms.max)} | ${one.verified} | ${one.escalated} | ${(one.pages_sent / one.runs).toFixed(1)} | ${one.messages_lost} | ${one.orders_lost + one.orders_doubled} of ${one.orders} |`,
    ),
  ];
}
