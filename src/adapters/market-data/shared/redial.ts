// Keeps one connection to a venue standing: dials, notices silence, backs off with jitter. It knows no protocol;
// the adapter's `open` does. A refusal that dialling again cannot mend ends it until somebody restarts the source.
import { type EpochMs, minuteMs, secondMs } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Alarms } from './alarms.ts';

const firstDelayMs = secondMs;
const maxDelayMs = minuteMs;
const maxDoublings = 10;
const connectTimeoutMs = 15 * secondMs;

export interface Connection {
  /** Ends it without another word to the handlers. */
  close(): void;
}

export interface ConnectionHandlers {
  /** Connected, let in and subscribed: data may come. */
  ready(): void;
  /** Anything was heard, also a heartbeat. */
  alive(): void;
  /** Over; `permanent` when dialling again is pointless. */
  ended(reason: string, permanent?: boolean): void;
}

export interface RedialOptions {
  readonly clock: Clock;
  readonly alarms: Alarms;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
  /** No sound for this long means that nobody is there. */
  readonly silenceLimitMs: number;
  readonly open: (handlers: ConnectionHandlers) => Connection;
  readonly connected: () => void;
  readonly lost: (reason: string) => void;
}

export class Redial {
  readonly #options: RedialOptions;
  #connection: Connection | undefined;
  /** Grows with each attempt, so that late words of an ended connection are not taken for the present one's. */
  #generation = 0;
  #since: EpochMs | undefined;
  #lastSoundAt: EpochMs = 0;
  /** Attempts since anything was heard on a standing connection: an open socket alone proves nothing. */
  #failures = 0;
  #refused: string | undefined;

  constructor(options: RedialOptions) {
    this.#options = options;
  }

  /** Since when a connection stands; undefined while none does. */
  get since(): EpochMs | undefined {
    return this.#since;
  }

  /** Why dialling has ended for good; undefined while it has not. */
  get refused(): string | undefined {
    return this.#refused;
  }

  dial(): void {
    if (this.#connection !== undefined) return;
    const { clock, alarms, open } = this.#options;
    this.#generation += 1;
    const generation = this.#generation;
    const current = (act: () => void) => () => {
      if (generation === this.#generation) act();
    };
    alarms.set('silence', clock.now() + connectTimeoutMs, () => this.#ended('no connection in time', false));
    const connection = open({
      ready: current(() => this.#ready()),
      alive: current(() => this.#alive()),
      ended: (reason, permanent) => current(() => this.#ended(reason, permanent === true))(),
    });
    // It may have ended before it was even returned.
    if (generation === this.#generation) this.#connection = connection;
    else connection.close();
  }

  close(): void {
    this.#drop();
    this.#options.alarms.cancel('dial');
    this.#failures = 0;
    this.#refused = undefined;
  }

  #drop(): void {
    this.#generation += 1;
    this.#options.alarms.cancel('silence');
    this.#connection?.close();
    this.#connection = undefined;
    this.#since = undefined;
  }

  #ready(): void {
    const { clock, connected } = this.#options;
    this.#since = clock.now();
    this.#lastSoundAt = clock.now();
    this.#watchSilence();
    connected();
  }

  #alive(): void {
    if (this.#since === undefined) return;
    this.#lastSoundAt = this.#options.clock.now();
    this.#failures = 0;
  }

  #watchSilence(): void {
    const { alarms, clock, silenceLimitMs } = this.#options;
    const silentAt = this.#lastSoundAt + silenceLimitMs;
    if (clock.now() >= silentAt) this.#ended(`nothing heard for ${silenceLimitMs / secondMs} s`, false);
    else alarms.set('silence', silentAt, () => this.#watchSilence());
  }

  #ended(reason: string, permanent: boolean): void {
    const { clock, alarms, random, lost } = this.#options;
    this.#drop();
    if (permanent) this.#refused = reason;
    else {
      const doublings = Math.min(this.#failures, maxDoublings);
      const limitMs = Math.min(maxDelayMs, firstDelayMs * 2 ** doublings);
      this.#failures += 1;
      alarms.set('dial', clock.now() + Math.ceil(limitMs * (0.5 + 0.5 * random())), () => this.dial());
    }
    lost(reason);
  }
}
