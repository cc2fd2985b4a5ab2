// The reflex for the one trouble that the health agent cannot treat: while a commit hangs, no agent hears or does anything.
// It frees the writer from what blocks it and tells people by itself; the agent hears of it as soon as commits go on.
import { reflexPrefix, reflexToldId } from '../../health-monitor/limits.ts';
import type { KernelInput } from '../../kernel/kernel.ts';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DatabaseCare } from '../../shared/ports/database-care.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';

/** A commit takes milliseconds. */
const blockedMs = 8_000;
const tellAfterMs = 20_000;
const actAgainMs = 20_000;

export interface CommitGuardOptions {
  /** Milliseconds that the commit under way has taken; 0 between two. */
  readonly commitRunningMs: () => number;
  /** Absent where the database is embedded: then people are told, and nothing else can be done. */
  readonly database: Pick<DatabaseCare, 'cancelRunaways'> | undefined;
  /** Told directly; empty where the health agent lives in another process, whose guard tells. */
  readonly notifiers: readonly Notifier[];
  readonly post: (input: KernelInput) => void;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Steady time in milliseconds; the default is that of the process. */
  readonly steadyNow?: () => number;
}

interface Blockage {
  readonly id: string;
  worstMs: number;
  did: string;
  actedAt: number;
  told: boolean;
}

export class CommitGuard {
  readonly #options: CommitGuardOptions;
  readonly #steadyNow: () => number;
  #blockage: Blockage | undefined;
  #acting = false;

  constructor(options: CommitGuardOptions) {
    this.#options = options;
    this.#steadyNow = options.steadyNow ?? (() => performance.now());
  }

  /** To be called every few seconds; never throws. */
  async check(): Promise<void> {
    const runningMs = this.#options.commitRunningMs();
    if (runningMs < blockedMs) {
      this.#over();
      return;
    }
    this.#blockage ??= {
      id: `${reflexPrefix}${this.#options.clock.now()}`,
      worstMs: 0,
      did: 'nothing could be done',
      actedAt: Number.NEGATIVE_INFINITY,
      told: false,
    };
    const blockage = this.#blockage;
    blockage.worstMs = Math.max(blockage.worstMs, runningMs);
    await this.#act(blockage);
    // What was just freed may be over by now.
    if (runningMs < tellAfterMs || blockage.told || this.#options.commitRunningMs() < blockedMs) return;
    blockage.told = true;
    if (this.#options.notifiers.length === 0) return;
    this.#noteTold(runningMs);
    this.#tell(
      blockage,
      'opened',
      `The store has not taken a commit for ${seconds(runningMs)} s: ${blockage.did}.`,
    );
  }

  async #act(blockage: Blockage): Promise<void> {
    const { database, log } = this.#options;
    const now = this.#steadyNow();
    if (database === undefined || this.#acting || now - blockage.actedAt < actAgainMs) return;
    this.#acting = true;
    blockage.actedAt = now;
    try {
      blockage.did = await database.cancelRunaways();
    } catch (error) {
      blockage.did = `the database server does not answer (${error instanceof Error ? error.message : String(error)})`;
    }
    this.#acting = false;
    log.warn({ blocked_ms: Math.round(blockage.worstMs), did: blockage.did }, 'a commit hangs');
  }

  /** Dated back to where the commit began: the agent hears it before whatever waits behind that commit. */
  #noteTold(runningMs: number): void {
    const { post, clock } = this.#options;
    const at = Math.max(0, Math.round(clock.now() - runningMs));
    const data = {
      heal_id: reflexToldId,
      action: 'database.cancel_runaways',
      target: 'system',
      ok: true,
      detail: 'commits hang: people were told directly',
      at,
    } as const;
    post({ from: 'system', message_type: 'heal.done', data, at });
  }

  #over(): void {
    const blockage = this.#blockage;
    if (blockage === undefined) return;
    this.#blockage = undefined;
    const { post, clock } = this.#options;
    const detail = `commits were blocked for ${seconds(blockage.worstMs)} s or longer; ${blockage.did}`.slice(
      0,
      500,
    );
    const action = 'database.cancel_runaways';
    const data = {
      heal_id: blockage.id,
      action,
      target: 'system',
      ok: true,
      detail,
      at: clock.now(),
    } as const;
    post({ from: 'system', message_type: 'heal.done', data, at: clock.now() });
    if (blockage.told) this.#tell(blockage, 'resolved', `Over: ${detail}`);
  }

  /** Straight to the channels: the agent that decides about alerts cannot be asked. */
  #tell(blockage: Blockage, phase: 'opened' | 'resolved', what: string): void {
    const rest =
      phase === 'opened'
        ? ' For trading: no decision is made and no order is sent until it does; protection already placed stays in force. Please act: look at the database server.'
        : '';
    const alert: EffectDataByKind['alert.send'] = {
      incident_id: blockage.id,
      severity: 'critical',
      phase,
      text: `${what}${rest}`,
      audience: 'people',
    };
    for (const notifier of this.#options.notifiers)
      notifier
        .send(alert)
        .catch((error: unknown) =>
          this.#options.log.warn(
            { notifier: notifier.name, error: String(error) },
            'an alert was not accepted',
          ),
        );
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
