// Where alerts go. At least once: the same incident id and phase may arrive twice after a crash.
import type { EffectDataByKind } from '../bus/effects.ts';

export interface Notifier {
  readonly name: string;
  /** Tries as often as its channel deserves, then throws when the alert was not accepted. */
  send(alert: EffectDataByKind['alert.send']): Promise<void>;
}
