// Turns any look into a probe that never throws, never hangs and reports how long it took.
import type { ProbeName } from '../../../shared/domain/probe-names.ts';
import type { EpochMs } from '../../../shared/domain/time.ts';
import { maxProbeFacts } from '../../../shared/domain/vitals.ts';
import type { Probe } from '../../../shared/ports/probe.ts';

const probeTimeoutMs = 5_000;
const maxErrorLength = 300;

/** What a look found. `value` in the unit that its probe documents; null when there is nothing to measure. */
export interface Finding {
  readonly ok: boolean;
  readonly value: number | null;
  readonly detail: string;
  /** Milliseconds; null lets the probe measure the time of the look itself. */
  readonly latencyMs?: number | null;
  /** Further measures; at most maxProbeFacts. */
  readonly facts?: Readonly<Record<string, number>>;
}

export interface GuardedProbeOptions {
  readonly name: ProbeName;
  readonly now: () => EpochMs;
  readonly look: (target: string) => Finding | Promise<Finding>;
  readonly timeoutMs?: number;
}

/** A probe around `look`: its failure, its silence and a value that is no number all become a result. */
export function guardedProbe(options: GuardedProbeOptions): Probe {
  const { name, now, look, timeoutMs = probeTimeoutMs } = options;
  return {
    name,
    async run(target) {
      const begun = performance.now();
      const finding = await within(timeoutMs, look, target);
      const took = Math.round((performance.now() - begun) * 1_000) / 1_000;
      const { ok, value, detail, latencyMs, facts } = finding;
      const latency = latencyMs === undefined ? took : latencyMs;
      return {
        probe: name,
        target,
        ok,
        latency_ms: latency !== null && Number.isFinite(latency) ? latency : null,
        value: value !== null && Number.isFinite(value) ? value : null,
        detail: detail.slice(0, maxErrorLength),
        at: now(),
        ...(facts === undefined ? {} : { facts: bounded(facts) }),
      };
    },
  };
}

function bounded(facts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => Number.isFinite(value))
      .slice(0, maxProbeFacts),
  );
}

async function within(
  timeoutMs: number,
  look: GuardedProbeOptions['look'],
  target: string,
): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(failed(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(() => look(target)), late]);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

function failed(detail: string): Finding {
  return { ok: false, value: null, detail };
}
