// Runs the checkers and keeps what they found, once per checker and run. It must never act on the world.
import type { OrderRequest } from '../../shared/domain/order.ts';
import type { CommitBatch } from '../../shared/ports/store.ts';
import { AveragePrice, NothingLost, ProfitPreserved, QuantityExact } from './checkers/account-checkers.ts';
import type { Checker, CheckerName, Scene } from './checkers/checker.ts';
import {
  CommittedBeforeSent,
  OneOrderPerIntent,
  SilenceIsNoAnswer,
  UnknownCounts,
} from './checkers/order-checkers.ts';
import { AtRest, NoFailure, Protected, UnknownIsTold } from './checkers/safety-checkers.ts';
import type { Witness } from './witness.ts';

export interface Violation {
  readonly checker: CheckerName;
  readonly detail: string;
  /** Simulated time, ISO 8601. */
  readonly at: string;
}

export class Judgement implements Witness {
  readonly violations: Violation[] = [];
  readonly #checkers: readonly Checker[];
  readonly #scene: () => Scene;

  constructor(scene: () => Scene, startingCash: string) {
    this.#scene = scene;
    this.#checkers = [
      new OneOrderPerIntent(),
      new CommittedBeforeSent(),
      new NothingLost(),
      new QuantityExact(),
      new AveragePrice(),
      new ProfitPreserved(startingCash),
      new Protected(),
      new SilenceIsNoAnswer(),
      new UnknownCounts(),
      new AtRest(),
      new NoFailure(),
      new UnknownIsTold(),
    ];
  }

  leaving(request: OrderRequest): void {
    this.#ask((checker, scene) => checker.leaving?.(request, scene));
  }

  committed(batch: CommitBatch): void {
    if (batch.puts.length > 0) this.#ask((checker, scene) => checker.committed?.(batch.puts, scene));
  }

  ledgerChanged(): void {
    this.#ask((checker, scene) => checker.ledgerChanged?.(scene));
  }

  looked(): void {
    this.#ask((checker, scene) => checker.looked?.(scene));
  }

  rested(flat: boolean): void {
    this.#ask((checker, scene) => checker.rested?.(scene, flat));
  }

  /** True when no checker would find anything wrong with the world at rest as it is now. */
  wouldRest(): boolean {
    const scene = this.#scene();
    return this.#checkers.every((checker) => checker.rested?.(scene, false) === undefined);
  }

  add(checker: CheckerName, detail: string): void {
    // What is wrong once is often wrong at every later look.
    if (this.violations.some((violation) => violation.checker === checker)) return;
    this.violations.push({ checker, detail, at: new Date(this.#scene().now).toISOString() });
  }

  #ask(look: (checker: Checker, scene: Scene) => string | undefined): void {
    const scene = this.#scene();
    for (const checker of this.#checkers) {
      const found = look(checker, scene);
      if (found !== undefined) this.add(checker.name, found);
    }
  }
}
