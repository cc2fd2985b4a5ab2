// What commands print: one JSON document on stdout with --json, everything else on stderr or as plain text.

/** Prints the command's one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** A line for the person watching; never part of the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A progress bar on a terminal's stderr; silent when nobody watches. */
export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  #shownPercent = -1;

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  update(done: number): void {
    if (!process.stderr.isTTY || this.#total <= 0) return;
    const percent = Math.min(100, Math.floor((100 * done) / this.#total));
    if (percent === this.#shownPercent) return;
    this.#shownPercent = percent;
    const filled = Math.floor(percent / 4);
    process.stderr.write(`\r${this.#label} [${'#'.repeat(filled)}${'.'.repeat(25 - filled)}] ${percent} %`);
  }

  finish(): void {
    if (process.stderr.isTTY && this.#shownPercent >= 0) process.stderr.write('\r\u001b[K');
  }
}

/** A signal ends this process by way of its exit handlers, which end the servers that it started. */
export function endServersWithUs(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}
