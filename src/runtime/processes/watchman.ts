// Tells people, once, when the process of the health agent does not come back: then nobody else would. Like the supervisor
// beside which it lives it knows nothing but starts, ends and last words, and it must never speak while the agent can.
import type { EffectDataByKind } from '../../shared/bus/effects.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { SupervisorEvent } from './supervisor.ts';

/** A database that is restarted, and the pauses between starts, take less. */
export const tellAfterMs = 30_000;
/** A process that has lived this long since its first sign has come up. */
export const upAfterMs = 10_000;
const lookMs = 1_000;
const maxQuote = 300;

export interface WatchmanOptions {
  /** The process that the health agent lives in. */
  readonly healthProcess: string;
  readonly notifiers: readonly Notifier[];
  readonly log: Log;
  /** Milliseconds since 1970, for the name of what is told. */
  readonly now: () => number;
  /** Steady time in milliseconds; the default is that of the process. */
  readonly steadyNow?: () => number;
}

interface Life {
  /** Since the first end after it was last up; undefined while it is up, or was never seen to end. */
  downSince: number | undefined;
  aliveSince: number | undefined;
  ends: number;
  lastEnd: string;
  lastWords: string;
}

export class Watchman {
  readonly #options: WatchmanOptions;
  readonly #steadyNow: () => number;
  readonly #lives = new Map<string, Life>();
  #told: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchmanOptions) {
    this.#options = options;
    this.#steadyNow = options.steadyNow ?? (() => performance.now());
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  observe({ process: name, kind, detail }: SupervisorEvent): void {
    const life = this.#life(name);
    if (kind === 'alive') life.aliveSince = this.#steadyNow();
    if (kind !== 'ended') return;
    life.aliveSince = undefined;
    life.downSince ??= this.#steadyNow();
    life.ends++;
    life.lastEnd = detail;
  }

  /** What a process wrote; the last of it is quoted. */
  line(name: string, text: string): void {
    if (text.trim() !== '') this.#life(name).lastWords = text.trim();
  }

  /** To be called every second or so. */
  look(): void {
    const now = this.#steadyNow();
    for (const life of this.#lives.values())
      if (life.aliveSince !== undefined && now - life.aliveSince >= upAfterMs) {
        life.downSince = undefined;
        life.ends = 0;
      }
    const health = this.#life(this.#options.healthProcess);
    if (health.downSince === undefined) this.#over();
    else if (this.#told === undefined && now - health.downSince >= tellAfterMs) this.#tell(now);
  }

  #tell(now: number): void {
    const down = [...this.#lives].filter(([, { downSince }]) => downSince !== undefined);
    const { ends, lastEnd, lastWords, downSince = now } = this.#life(this.#options.healthProcess);
    this.#told = `watchman-${this.#options.now()}`;
    const quote = lastWords === '' ? '' : ` Its last words: ${lastWords.slice(0, maxQuote)}.`;
    const which = down.map(([name]) => name).sort();
    const verb = which.length === 1 ? 'does' : 'do';
    this.#send('opened', this.#told, [
      `${which.join(', ')} ${verb} not come up: for ${Math.round((now - downSince) / 1_000)} s now every start has ended (${ends} times, last with ${lastEnd}).${quote}`,
      'For trading: nothing is decided or watched meanwhile; protection already placed at a venue stays in force.',
      'Please act: look at the database server and at the log. Starting goes on by itself.',
    ]);
  }

  #over(): void {
    if (this.#told === undefined) return;
    this.#send('resolved', this.#told, [`Over: ${this.#options.healthProcess} is up again.`]);
    this.#told = undefined;
  }

  #send(phase: 'opened' | 'resolved', incident_id: string, sentences: readonly string[]): void {
    const alert: EffectDataByKind['alert.send'] = {
      ...{ incident_id, phase, severity: 'critical', audience: 'people' },
      text: sentences.join(' '),
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

  #life(name: string): Life {
    const known = this.#lives.get(name);
    if (known !== undefined) return known;
    const life = { downSince: undefined, aliveSince: undefined, ends: 0, lastEnd: '', lastWords: '' };
    this.#lives.set(name, life);
    return life;
  }
}
