// Alerts of Alertmanager as observations for the health monitor, and the probe that answers when it asks again.
// It only repeats what Alertmanager said; it must never open, judge or close an incident itself.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AgentName } from '../../shared/domain/agent-name.ts';
import { type ExternalAlert, maxExternalAlerts } from '../../shared/domain/external-alert.ts';
import { externalAlertProbe } from '../../shared/domain/probe-names.ts';
import { type EpochMs, hourMs, minuteMs } from '../../shared/domain/time.ts';
import type { ProbeResult } from '../../shared/domain/vitals.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Probe } from '../../shared/ports/probe.ts';

/** An alert that is not repeated for so long counts as over: whoever raised it is gone. */
const maxSilenceMs = 12 * hourMs;
/** After a start, alerts of before are believed for this long: Alertmanager needs time to repeat them. */
const graceMs = 20 * minuteMs;

interface Told {
  readonly alert: ExternalAlert;
  readonly at: EpochMs;
}

export interface ExternalAlertsOptions {
  readonly clock: Clock;
  /** Resolves once the input is committed. */
  readonly postAndWait: (input: KernelInput) => Promise<unknown>;
}

export class ExternalAlerts {
  readonly #options: ExternalAlertsOptions;
  readonly #startedAt: EpochMs;
  readonly #told = new Map<string, Told>();

  constructor(options: ExternalAlertsOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Hands every alert to the kernel as an observation; resolves once all are committed. */
  async take(alerts: readonly ExternalAlert[]): Promise<void> {
    const at = this.#options.clock.now();
    for (const alert of alerts) this.#remember(alert, at);
    await Promise.all(
      alerts.map((alert) => {
        const data = resultOf(alert.target, alert, at);
        return this.#options.postAndWait({ from: 'system', message_type: 'probe.result', data, at });
      }),
    );
  }

  /** Answers the health monitor, which asks again for whatever last looked bad. */
  probe(): Probe {
    return {
      name: externalAlertProbe,
      run: async (target) => {
        const now = this.#options.clock.now();
        const told = this.#told.get(target);
        if (told !== undefined && now - told.at <= maxSilenceMs) return resultOf(target, told.alert, now);
        if (told === undefined && now - this.#startedAt < graceMs)
          return answer(target, false, 'was firing before the start and has not been told again yet', now);
        return answer(target, true, 'not told any more', now);
      },
    };
  }

  #remember(alert: ExternalAlert, at: EpochMs): void {
    this.#told.delete(alert.target);
    const [oldest] = this.#told.keys();
    if (this.#told.size >= maxExternalAlerts && oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(alert.target, { alert, at });
  }
}

/** Nothing where no health monitor runs: its observations stay in their process, so nobody would hear the alerts. */
export function alertDoor(
  external: ExternalAlerts,
  agents: readonly AgentName[],
): { externalAlerts?: (alerts: readonly ExternalAlert[]) => Promise<void> } {
  return agents.includes('health_ai') ? { externalAlerts: (alerts) => external.take(alerts) } : {};
}

function resultOf(target: string, alert: ExternalAlert, at: EpochMs): ProbeResult {
  return { ...answer(target, !alert.firing, alert.summary, at), severity: alert.severity };
}

function answer(target: string, ok: boolean, detail: string, at: EpochMs): ProbeResult {
  return { probe: externalAlertProbe, target, ok, latency_ms: null, value: null, detail, at };
}
