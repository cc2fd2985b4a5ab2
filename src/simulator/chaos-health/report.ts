// What a campaign of health chaos amounts to, fault by fault, against the targets. The same seeds give the same report.
import { type HealthFault, healthFaultNames } from './faults.ts';
import { formatSeconds, type Spread, spread, sum } from './figures.ts';
import type { FaultOutcome } from './witness.ts';

export const detectionTargetMs = 15_000;
const maxToldMisses = 100;
/** Nobody can meet a model that fails before it is asked, and asking costs money: counted from the first question. */
const countedFromVisible: ReadonlySet<HealthFault> = new Set(['model_down']);

export interface HealthChaosRun extends FaultOutcome {
  readonly seed: number;
  readonly fault: HealthFault;
  readonly playbook: string;
  readonly ends_by: 'healing' | 'time';
  /** The injected fault was still on when the run ended. */
  readonly still_ill: boolean;
  /** Inputs that were given and are not in the journal as it is read back, and the other way round. */
  readonly messages_lost: number;
  readonly messages_doubled: number;
}

export interface FaultFigures {
  readonly fault: HealthFault;
  readonly playbook: string;
  readonly runs: number;
  readonly detected: number;
  /** Of these by the kernel's supervisor, where the health agent itself was what failed; the rest by the health agent. */
  readonly detected_by_kernel: number;
  /** From the injection. */
  readonly detected_after_ms: Spread;
  /** From when somebody could first meet it. */
  readonly detected_after_visible_ms: Spread;
  /** Which of the two the target is held against. */
  readonly target_counts_from: 'injection' | 'visible';
  readonly ends_by: 'healing' | 'time';
  /** Ended by the expected playbook, and verified. Never a fault that ends by itself. */
  readonly verified: number;
  readonly healed_after_ms: Spread;
  /** It ended by itself, but the expected playbook led the work around it, and that was verified. */
  readonly bypassed: number;
  readonly bypassed_after_ms: Spread;
  /** It ended by itself, or between two attempts without any of them. */
  readonly over_by_itself: number;
  /** Not healed, and a person was called. */
  readonly escalated: number;
  readonly pages_sent: number;
  /** Most pages that one fault opened, of whatever cause. */
  readonly pages_per_cause_max: number;
  readonly messages_lost: number;
  readonly messages_doubled: number;
  readonly set_aside: number;
  readonly orders: number;
  readonly orders_lost: number;
  readonly orders_doubled: number;
}

export interface HealthChaosReport {
  readonly topology: 'simulated';
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
  const seen = countedFromVisible.has(run.fault) ? run.detected_after_visible_ms : run.detected_after_ms;
  if (seen === null) why.push('not detected');
  else if (seen > detectionTargetMs) why.push(`detected after ${seen / 1_000} s`);
  const over = run.over_by_itself && run.ends_by === 'time';
  const mended = run.healed_after_ms !== null || run.bypassed_after_ms !== null || over;
  // Only its playbook ends such a fault: that it is over is somebody's mistake.
  if (run.over_by_itself && !over) why.push('said to be over without its playbook');
  else if (run.still_ill && (run.healed_after_ms !== null || over))
    why.push('said to be over while it lasts');
  else if (!mended && run.escalated_after_ms === null) why.push('neither healed nor escalated');
  // The ladder may leave a model that came back alone for longer than a run lasts; its work is done by the next one.
  if (run.healed_after_ms !== null && !run.resolved && run.fault !== 'model_down')
    why.push('healed, and its incident is still open');
  if (run.pages_opened > 1) why.push(`${run.pages_opened} pages for one fault`);
  if (run.pages_resolved > 1) why.push(`${run.pages_resolved} pages that one fault is over`);
  if (run.false_alarms > 0) why.push(`${run.false_alarms} false alarms before the fault`);
  if (run.messages_lost > 0) why.push(`${run.messages_lost} messages lost`);
  if (run.messages_doubled > 0) why.push(`${run.messages_doubled} messages doubled`);
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
      reproduce: `ato chaos health --topology simulated --first-seed ${run.seed} --seeds 1 --fault ${run.fault} --json`,
    })),
  );
  return {
    topology: 'simulated',
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
    detected_by_kernel: runs.filter((run) => run.watcher === 'kernel' && run.detected_after_ms !== null)
      .length,
    detected_after_ms: spread(runs.map((run) => run.detected_after_ms)),
    detected_after_visible_ms: spread(runs.map((run) => run.detected_after_visible_ms)),
    target_counts_from: countedFromVisible.has(fault) ? 'visible' : 'injection',
    ends_by: runs[0]?.ends_by ?? 'healing',
    verified: healed.length,
    healed_after_ms: spread(healed.map((run) => run.healed_after_ms)),
    bypassed: runs.filter((run) => run.bypassed_after_ms !== null).length,
    bypassed_after_ms: spread(runs.map((run) => run.bypassed_after_ms)),
    over_by_itself: runs.filter((run) => run.over_by_itself).length,
    escalated: runs.filter((run) => run.healed_after_ms === null && run.escalated_after_ms !== null).length,
    pages_sent: sum(runs.map((run) => run.pages)),
    pages_per_cause_max: Math.max(0, ...runs.map((run) => run.pages_opened)),
    messages_lost: sum(runs.map((run) => run.messages_lost)),
    messages_doubled: sum(runs.map((run) => run.messages_doubled)),
    set_aside: sum(runs.map((run) => run.set_aside)),
    orders: sum(runs.map((run) => run.orders)),
    orders_lost: sum(runs.map((run) => run.orders_lost)),
    orders_doubled: sum(runs.map((run) => run.orders_doubled)),
  };
}

/** The table of docs/health.md. */
export function healthChaosMarkdown(report: HealthChaosReport): string[] {
  const { faults, first_seed, seeds, missed, false_alarms } = report;
  const both = (value: Spread) =>
    value.max === null ? '' : `${formatSeconds(value.p50)}, ${formatSeconds(value.max)}`;
  return [
    `Seeds ${first_seed} to ${first_seed + seeds - 1}: ${seeds} runs, ${missed} miss a target, ${false_alarms} false alarms.`,
    '',
    '| fault | playbook | runs | seen after s (median, worst) | from when it could be met | healed | after s (median, worst) | led around | after s | over by itself | escalated | pages per run | messages lost or doubled | set aside | orders lost or doubled |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...faults.map(
      (one) =>
        `| ${one.fault} | \`${one.playbook}\` | ${one.runs} | ${both(one.detected_after_ms)} | ${both(one.detected_after_visible_ms)} | ${one.verified} | ${both(one.healed_after_ms)} | ${one.bypassed} | ${both(one.bypassed_after_ms)} | ${one.over_by_itself} | ${one.escalated} | ${(one.pages_sent / one.runs).toFixed(1)} | ${one.messages_lost + one.messages_doubled} | ${one.set_aside} | ${one.orders_lost + one.orders_doubled} of ${one.orders} |`,
    ),
  ];
}
