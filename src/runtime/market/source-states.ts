// What each source last said of itself, and how often it stopped working since the start.
import type { SourceState, SourceStatus } from '../../shared/domain/source-status.ts';

const notWorking: ReadonlySet<SourceState> = new Set(['unreachable', 'stale', 'blind']);

export class SourceStates {
  readonly #statuses = new Map<string, SourceStatus>();
  readonly #errors = new Map<string, number>();

  /** Keeps the status; true when its state differs from the one before. */
  note(status: SourceStatus): boolean {
    const { source, state } = status;
    const before = this.#statuses.get(source)?.state;
    this.#statuses.set(source, status);
    const worked = before === undefined || !notWorking.has(before);
    if (worked && notWorking.has(state)) this.#errors.set(source, this.errors(source) + 1);
    return before !== state;
  }

  /** Undefined before the source spoke. */
  status(source: string): SourceStatus | undefined {
    return this.#statuses.get(source);
  }

  /** Times the source went from working to unreachable, stale or blind. */
  errors(source: string): number {
    return this.#errors.get(source) ?? 0;
  }

  all(): readonly SourceStatus[] {
    return [...this.#statuses.values()];
  }
}
