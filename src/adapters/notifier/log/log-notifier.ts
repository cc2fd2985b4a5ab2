// Writes each alert as one line into the log. The text comes from the house, but may quote the outside:
// it must never break the line.
import type { EffectDataByKind } from '../../../shared/bus/effects.ts';
import type { Log } from '../../../shared/ports/log.ts';
import type { Notifier } from '../../../shared/ports/notifier.ts';

const maxTextLength = 2_000;

export class LogNotifier implements Notifier {
  readonly name = 'log';
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async send(alert: EffectDataByKind['alert.send']): Promise<void> {
    const { incident_id, severity, phase } = alert;
    const fields = { incident_id, severity, phase };
    const line = `alert ${phase} [${severity}] ${oneLine(alert.text)}`;
    if (phase === 'resolved' || severity === 'info') this.#log.info(fields, line);
    else if (severity === 'warning') this.#log.warn(fields, line);
    else this.#log.error(fields, line);
  }
}

/** Replaces control characters, so that quoted text cannot forge a second line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').slice(0, maxTextLength);
}
