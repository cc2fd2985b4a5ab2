// The loop around the kernel's core: inbox -> batch -> one commit -> only then effects. It waits for the store
// and for alarms, so it is the one asynchronous file here; it must never compute anything that the core decides.
import type { AnyPut } from '../shared/bus/collections.ts';
import type { AnyEffect } from '../shared/bus/effects.ts';
import { effectRecovery } from '../shared/bus/effects.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { CommitBatch, JournalEntry, Store } from '../shared/ports/store.ts';
import { admit } from './admission.ts';
import { Inbox } from './inbox.ts';
import type { TurnRecord } from './journal.ts';
import type { Kernel, KernelInput } from './kernel.ts';

/** Small enough that a burst of candles never holds the event loop for long; the outcome does not depend on it. */
const maxBatchInputs = 100;
const maxCommitAttempts = 5;
const firstCommitRetryMs = 100;

export interface KernelLoopOptions {
  readonly kernel: Kernel;
  readonly store: Store;
  readonly clock: Clock;
  /** Performs one committed effect; its result comes back through post(). */
  readonly release: (effect: AnyEffect) => void;
  /** Rows that are committed with these turns but are no part of them, such as messages for other processes. */
  readonly beside?: (records: readonly TurnRecord[], inputs: readonly KernelInput[]) => readonly AnyPut[];
  /** Hears every committed turn, in order, after the commit. */
  readonly committed: (records: readonly TurnRecord[]) => void;
  /** Called once when the loop cannot go on; the process must stop and recover by starting again. */
  readonly fatal: (error: Error) => void;
  /** Pause between commits in real milliseconds, so that ticks share a commit. */
  readonly commitPauseMs: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Rows of the runtime that wait for the next commit. */
interface Besides {
  readonly puts: readonly AnyPut[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Waiter {
  readonly resolve: (record: TurnRecord) => void;
  readonly reject: (error: Error) => void;
}

export class KernelLoop {
  readonly #options: KernelLoopOptions;
  readonly #inbox = new Inbox();
  readonly #waiters = new Map<KernelInput, Waiter>();
  readonly #settled: string[] = [];
  readonly #besides: Besides[] = [];
  /** Rows that belong to an input and are committed with its turn. */
  readonly #receipts = new Map<KernelInput, readonly AnyPut[]>();
  /** Alarms already in the inbox, so that a backlog does not queue them twice. */
  readonly #alarmsWaiting = new Set<string>();
  #running: Promise<void> | undefined;
  #stopping = false;
  #wake: (() => void) | undefined;
  #lastCommitMs = 0;
  #commitBegunAt: number | undefined;
  #commits = { count: 0, inputs: 0, busyMs: 0 };
  #commitPauseMs: number;
  #committed: { readonly sequence: number; readonly hash: string };

  constructor(options: KernelLoopOptions) {
    this.#options = options;
    this.#commitPauseMs = options.commitPauseMs;
    this.#committed = { sequence: options.kernel.sequence, hash: options.kernel.hash };
  }

  /** Where the durable journal ends. The kernel itself may be ahead of it while a commit is under way. */
  get committed(): { readonly sequence: number; readonly hash: string } {
    return this.#committed;
  }

  get inboxDepth(): number {
    return this.#inbox.depth;
  }

  get droppedQuotes(): number {
    return this.#inbox.droppedQuotes;
  }

  /** Duration of the last commit in milliseconds. */
  get lastCommitMs(): number {
    return this.#lastCommitMs;
  }

  /** Milliseconds that the commit under way has taken; 0 between two. */
  get commitRunningMs(): number {
    return this.#commitBegunAt === undefined ? 0 : performance.now() - this.#commitBegunAt;
  }

  /** Commits since the previous call, the inputs in them, and the time they took. */
  takeCommits(): { readonly count: number; readonly inputs: number; readonly busyMs: number } {
    const taken = this.#commits;
    this.#commits = { count: 0, inputs: 0, busyMs: 0 };
    return taken;
  }

  get commitPauseMs(): number {
    return this.#commitPauseMs;
  }

  /** Waits longer between commits, so that more inputs share one; the outcome does not depend on it. */
  set commitPauseMs(milliseconds: number) {
    this.#commitPauseMs = milliseconds;
  }

  /** Accepts an input; malformed ones become dead letters. */
  post(input: KernelInput): void {
    if (this.#stopping) return;
    this.#inbox.push(admit(input));
    this.#wakeUp();
  }

  /** Accepts an input and resolves with its turn once that is committed. */
  postAndWait(input: KernelInput): Promise<TurnRecord> {
    if (this.#stopping) return Promise.reject(new Error('the system is shutting down'));
    return this.#wait(admit(input));
  }

  /**
   * Accepts a message of an agent in another process, whose form the caller has checked, with the rows that say it was
   * heard; resolves once both are committed, together.
   */
  postRelayed(input: KernelInput, receipts: readonly AnyPut[]): Promise<TurnRecord> {
    if (this.#stopping) return Promise.reject(new Error('the system is shutting down'));
    this.#receipts.set(input, receipts);
    return this.#wait(input, true);
  }

  /** Rows for the next commit; resolves when they are committed. A turn's own rows in that commit count as newer. */
  keep(puts: readonly AnyPut[]): Promise<void> {
    if (this.#stopping) return Promise.reject(new Error('the system is shutting down'));
    return new Promise((resolve, reject) => {
      this.#besides.push({ puts, resolve, reject });
      this.#wakeUp();
    });
  }

  #wait(input: KernelInput, relayed = false): Promise<TurnRecord> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(input, { resolve, reject });
      this.#inbox.push(input, relayed);
      this.#wakeUp();
    });
  }

  /** Says that a durable effect has been performed and need not be repeated after a restart. */
  settle(effectId: string): void {
    this.#settled.push(effectId);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Finishes what is in the inbox, commits it and stops. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#running;
    this.#options.clock.cancelWake();
    this.#refuseWaiters();
  }

  #refuseWaiters(): void {
    for (const waiter of this.#waiters.values()) waiter.reject(new Error('the system is shutting down'));
    this.#waiters.clear();
    for (const { reject } of this.#besides.splice(0)) reject(new Error('the system is shutting down'));
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const inputs = this.#nextBatch();
        if (inputs.length > 0 || this.#settled.length > 0 || this.#besides.length > 0)
          await this.#turn(inputs);
        else if (this.#stopping) return;
        else await this.#idle();
        if (!this.#stopping && this.#inbox.depth === 0 && this.#commitPauseMs > 0)
          await this.#options.sleep(this.#commitPauseMs);
      }
    } catch (error) {
      // Nobody will take anything from the inbox again: waiters hear it now and nothing more piles up.
      this.#stopping = true;
      this.#refuseWaiters();
      this.#options.fatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Due alarms join the inbox first, so that one order rules over all inputs. */
  #nextBatch(): KernelInput[] {
    if (!this.#stopping) {
      const now = Math.max(this.#options.clock.now(), this.#options.kernel.lastAt);
      for (const alarm of this.#options.kernel.dueAlarms(now)) {
        const key = alarmInputKey(alarm);
        if (this.#alarmsWaiting.has(key)) continue;
        this.#alarmsWaiting.add(key);
        this.#inbox.push(alarm);
      }
    }
    return this.#inbox.take(maxBatchInputs);
  }

  async #turn(inputs: readonly KernelInput[]): Promise<void> {
    const records: TurnRecord[] = [];
    const entries: JournalEntry[] = [];
    const settledEffectIds = this.#settled.splice(0);
    const besides = this.#besides.splice(0);
    const receipts: AnyPut[] = [];
    for (const input of inputs) {
      if (input.message_type === 'kernel.alarm') this.#alarmsWaiting.delete(alarmInputKey(input));
      const { record, entry } = this.#options.kernel.process(input);
      records.push(record);
      entries.push(entry);
      const receipt = this.#receipts.get(input);
      if (receipt === undefined) continue;
      this.#receipts.delete(input);
      receipts.push(...receipt);
    }
    const effects = records.flatMap((record) => record.effects);
    const outgoing = this.#options.beside?.(records, inputs) ?? [];
    const puts = records.flatMap((record) => record.puts);
    // What was asked to be kept is older than what these turns add: of one row the newer must win.
    for (const part of [...besides.map((beside) => beside.puts), receipts, outgoing]) puts.push(...part);
    try {
      await this.#commit({
        entries,
        puts,
        effects: effects.filter((effect) => effectRecovery[effect.kind] === 'release-again'),
        settledEffectIds,
      });
    } catch (error) {
      for (const { reject } of besides) reject(new Error('the rows could not be committed'));
      throw error;
    }
    const last = entries.at(-1);
    if (last !== undefined) this.#committed = { sequence: last.sequence, hash: last.hash };
    this.#options.committed(records);
    for (const effect of effects) this.#options.release(effect);
    for (const { resolve } of besides) resolve();
    for (const [index, record] of records.entries()) {
      const input = inputs[index];
      if (input === undefined) continue;
      this.#waiters.get(input)?.resolve(record);
      this.#waiters.delete(input);
    }
  }

  async #commit(batch: CommitBatch): Promise<void> {
    this.#commitBegunAt = performance.now();
    try {
      await this.#commitWithRetries(batch);
    } finally {
      this.#commitBegunAt = undefined;
    }
  }

  async #commitWithRetries(batch: CommitBatch): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const begun = performance.now();
      try {
        await this.#options.store.commit(batch);
        this.#lastCommitMs = performance.now() - begun;
        this.#commits.count++;
        this.#commits.inputs += batch.entries.length;
        this.#commits.busyMs += this.#lastCommitMs;
        return;
      } catch (error) {
        if (attempt >= maxCommitAttempts) throw error;
        await this.#options.sleep(firstCommitRetryMs * 2 ** (attempt - 1));
      }
    }
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      const next = this.#options.kernel.nextAlarmAt;
      if (next !== undefined) this.#options.clock.wakeAt(next, () => this.#wakeUp());
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function alarmInputKey(input: KernelInput): string {
  return JSON.stringify(input.data);
}

/** Messages of committed turns in order: each input, then what it caused. */
export function committedMessages(records: readonly TurnRecord[]): AnyMessage[] {
  return records.flatMap((record) => [record.input, ...record.emitted]);
}
