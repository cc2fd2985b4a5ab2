// Looks at the relay every few seconds and says when it stops answering, answers slowly, and when it is well again.
import type { Log } from '../../shared/ports/log.ts';
import type { Relay, RelayHealth } from '../../shared/ports/relay.ts';

const lookMs = 2_000;
/** A message between agents should not take longer than a price stays fresh. */
const slowMs = 150;

type Mood = 'well' | 'slow' | 'silent';

export class RelayWatch {
  readonly #relay: Relay;
  readonly #log: Log;
  readonly #changed: (health: RelayHealth) => void;
  #timer: NodeJS.Timeout | undefined;
  #mood: Mood = 'well';
  #last: RelayHealth = { ok: true, latencyMs: null, detail: 'not asked yet' };

  /** `changed` hears when it falls silent or slow, and when it is well again. */
  constructor(relay: Relay, log: Log, changed: (health: RelayHealth) => void = () => undefined) {
    this.#relay = relay;
    this.#log = log;
    this.#changed = changed;
  }

  get health(): RelayHealth {
    return this.#last;
  }

  start(): void {
    const look = async () => {
      await this.look();
      this.#timer = setTimeout(look, lookMs);
    };
    this.#timer = setTimeout(look, lookMs);
  }

  /** Asks now. */
  async look(): Promise<RelayHealth> {
    const health = await this.#relay.check();
    this.#judge(health);
    return health;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #judge(health: RelayHealth): void {
    this.#last = health;
    const mood: Mood = !health.ok ? 'silent' : (health.latencyMs ?? 0) > slowMs ? 'slow' : 'well';
    if (mood === this.#mood) return;
    this.#mood = mood;
    this.#changed(health);
    const facts = { relay: this.#relay.kind, latency_ms: health.latencyMs, detail: health.detail };
    if (mood === 'silent')
      this.#log.warn(
        facts,
        'the relay does not answer: messages wait in the database, trading goes on alone',
      );
    else if (mood === 'slow') this.#log.warn(facts, 'the relay answers slowly');
    else this.#log.info(facts, 'the relay is well again');
  }
}
