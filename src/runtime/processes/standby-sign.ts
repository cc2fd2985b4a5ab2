// A sign of life of a process that stands by: it has no API, so that a container's health check would call it ill. A small file in
// LOG_DIR, renewed while it waits and gone afterwards; deploy/ai_orchestrator/healthcheck.mjs reads it.
import { unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const renewMs = 5_000;

/** Containers may share a folder of logs, and each has a name of its own. */
function standbySignFile(folder: string): string {
  return path.join(folder, `standby-${os.hostname()}.sign`);
}

export class StandbySign {
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#file = standbySignFile(folder);
  }

  begin(): void {
    const sign = () => {
      try {
        writeFileSync(this.#file, `${process.pid}\n`);
      } catch {
        // A full disk makes it look ill, which it is.
      }
    };
    sign();
    this.#timer = setInterval(sign, renewMs);
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    try {
      unlinkSync(this.#file);
    } catch {
      // It is believed for seconds only.
    }
  }
}
