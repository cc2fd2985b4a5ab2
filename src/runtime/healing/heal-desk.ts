// Performs one step of a playbook and says what it came to, with the numbers before and after. It must never touch an
// order, and never throw: what could not be done is an answer too.

import type { HealAnswer } from '../../shared/bus/catalogue.ts';
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import type { HealAction } from '../../shared/domain/heal-action.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DatabaseCare } from '../../shared/ports/database-care.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Store } from '../../shared/ports/store.ts';

const actionTimeoutMs = 60_000;
const maxDetailChars = 500;
/** More inputs share a commit: up to this pause between two, which a decision does not feel. */
const batchedCommitPauseMs = 150;
const tunedCommitPauseMs = 60;
const slowestPace = 1 / 8;

export interface HealDeskOptions {
  readonly store: Pick<Store, 'maintain'>;
  /** The commit pause of the kernel loop, milliseconds. */
  readonly commits: { commitPauseMs: number };
  /** Absent where the database is embedded. */
  readonly database: DatabaseCare | undefined;
  /** Asks a source for less; undefined when it has nothing to slow down. */
  readonly pace: (source: string, factor: number) => boolean;
  readonly releaseJobs: () => number;
  readonly checkWorkflows: (() => Promise<{ readonly ok: boolean; readonly detail: string }>) | undefined;
  readonly measureClock: () => Promise<number | null>;
  readonly pruneDisk: () => Promise<string>;
  /** Absent when all agents are here. */
  readonly relay?: { readonly reconnect: () => Promise<string>; readonly resend: () => string } | undefined;
  /** Ends the process in order and starts it again; undefined where that is not allowed. */
  readonly restartProcess: ((reason: string) => void) | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export class HealDesk {
  readonly #options: HealDeskOptions;
  readonly #firstPauseMs: number;
  #normalPauseMs: number;
  readonly #paces = new Map<string, number>();

  constructor(options: HealDeskOptions) {
    this.#options = options;
    this.#firstPauseMs = options.commits.commitPauseMs;
    this.#normalPauseMs = this.#firstPauseMs;
  }

  /** Never throws. */
  async act({ heal_id, action, target }: EffectDataByKind['heal.act']): Promise<HealAnswer> {
    const { clock, log } = this.#options;
    let ok = true;
    let detail: string;
    try {
      detail = await within(actionTimeoutMs, this.#perform(action, target));
    } catch (error) {
      ok = false;
      detail = error instanceof Error ? error.message : String(error);
    }
    log.info({ action, target, ok, detail }, 'healing');
    return { heal_id, action, target, ok, detail: detail.slice(0, maxDetailChars), at: clock.now() };
  }

  async #perform(action: HealAction, target: string): Promise<string> {
    const { database, store } = this.#options;
    switch (action) {
      case 'database.cancel_runaways':
        return needed(database, 'the database is embedded').cancelRunaways();
      case 'database.create_index':
        return needed(database, 'the database is embedded').createIndex();
      case 'database.tidy': {
        const vacuumed = await database?.tidy();
        await store.maintain();
        return `${vacuumed ?? 'upkeep of the embedded database is done'}; retention of the journal kept`;
      }
      case 'commits.batch':
        return this.#setPause(batchedCommitPauseMs);
      case 'commits.normal':
        return this.#setPause(this.#normalPauseMs);
      case 'commits.tune':
        return this.#setNormalPause(tunedCommitPauseMs);
      case 'commits.untune':
        return this.#setNormalPause(this.#firstPauseMs);
      case 'disk.prune': {
        const freed = await this.#options.pruneDisk();
        await store.maintain();
        return freed;
      }
      case 'source.slow_down':
        return this.#setPace(target, Math.max(slowestPace, (this.#paces.get(target) ?? 1) / 2));
      case 'source.normal_pace':
        return this.#setPace(target, 1);
      case 'jobs.release':
        return `let go of ${this.#options.releaseJobs()} running job(s); the orchestrator tries again or gives up`;
      case 'clock.measure': {
        const skewMs = await this.#options.measureClock();
        return skewMs === null
          ? 'no trusted clock can be asked'
          : `own clock minus the trusted one: ${Math.round(skewMs)} ms`;
      }
      case 'workflow.check': {
        const check = needed(this.#options.checkWorkflows, 'no workflow server is configured');
        const { ok, detail } = await check();
        return `${ok ? 'it answers' : 'it does not answer'}: ${detail}`;
      }
      case 'relay.reconnect':
        return needed(this.#options.relay, 'no agent is in another process').reconnect();
      case 'relay.resend':
        return needed(this.#options.relay, 'no agent is in another process').resend();
      case 'program.restart': {
        needed(
          this.#options.restartProcess,
          'restarting the process is not allowed here',
        )(`healing asked for it (${target})`);
        return 'the process drains and starts again';
      }
    }
  }

  #setPause(milliseconds: number): string {
    const { commits } = this.#options;
    const before = commits.commitPauseMs;
    commits.commitPauseMs = milliseconds;
    return `pause between commits ${before} -> ${milliseconds} ms`;
  }

  /** While healing has set its own pause, only what it goes back to changes. */
  #setNormalPause(milliseconds: number): string {
    const healing = this.#options.commits.commitPauseMs === batchedCommitPauseMs;
    this.#normalPauseMs = milliseconds;
    return healing ? 'it counts when healing gives the pause back' : this.#setPause(milliseconds);
  }

  #setPace(source: string, factor: number): string {
    const before = this.#paces.get(source) ?? 1;
    this.#paces.set(source, factor);
    if (!this.#options.pace(source, factor))
      return `${source} is streamed or not polled: it waits as the venue says, nothing else to slow down`;
    return `${source} is asked ${before} -> ${factor} times as often as normal, by every task that uses it`;
  }
}

function needed<Value>(value: Value | undefined, otherwise: string): Value {
  if (value === undefined) throw new Error(otherwise);
  return value;
}

async function within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
