// One run: calm, bad hours with faults and deaths, healing, rest, closing everything. Each seed is one run.
// It must never help the house: after healing it waits, and at the end a person closes what is open.
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import { type EpochMs, hourMs, minuteMs, secondMs } from '../../shared/domain/time.ts';
import type { SimulatedVenue } from '../../shared/ports/simulated-venue.ts';
import type { Store } from '../../shared/ports/store.ts';
import type { Breakage } from './broken/breakage.ts';
import type { Cell, HouseKind } from './cells.ts';
import type { Scene } from './checkers/checker.ts';
import type { HouseBuilder } from './house-site.ts';
import { Judgement, type Violation } from './judgement.ts';
import { type ChaosPlan, decideEveryMs } from './plan.ts';
import { World } from './world.ts';

/** After healing the house has this long to agree with the venue about everything. */
const reconcileWithinMs = 2 * hourMs;
/** And once it does, it must stay so. */
const restMs = 20 * minuteMs;
const closeWithinMs = 3 * hourMs;
/** A run has a few hundred inputs; a house that makes so many will never come to rest. */
const maxInputs = 3_000;

/** Thrown through the world to end a run that would go on for ever. */
class Runaway extends Error {}

export interface ScenarioParts {
  readonly plan: ChaosPlan;
  readonly settings: AgentSettings;
  readonly startingCash: string;
  readonly venue: SimulatedVenue;
  readonly store: Store;
  readonly buildHouse: HouseBuilder;
  readonly breakage: Breakage;
  /** Replays the journal; says why it does not verify, or undefined. */
  readonly verifyJournal: () => Promise<string | undefined>;
}

export interface RunResult {
  readonly seed: number;
  readonly cell: Cell;
  readonly house: HouseKind;
  readonly violations: readonly Violation[];
  readonly orders: number;
  readonly fills: number;
  readonly crashes: number;
  /** Orders that were unknown at some committed moment, and those of them that no longer are. */
  readonly unknowns: number;
  readonly unknownsResolved: number;
  /** Simulated milliseconds from healing until the books agreed with the venue; null when they never did. */
  readonly reconcileMs: number | null;
}

export async function runScenario(parts: ScenarioParts): Promise<RunResult> {
  return new Scenario(parts).run();
}

class Scenario {
  readonly #parts: ScenarioParts;
  readonly #world: World;
  readonly #judgement: Judgement;
  readonly #unknown = new Set<string>();
  #healed = false;
  #inputs = 0;

  constructor(parts: ScenarioParts) {
    this.#parts = parts;
    const judgement = new Judgement(() => this.#scene(), parts.startingCash);
    this.#judgement = judgement;
    this.#world = new World({
      ...parts,
      witness: {
        leaving: (request) => judgement.leaving(request),
        committed: (batch) => {
          for (const put of batch.puts)
            if (put.collection === 'orders' && put.value?.state === 'unknown') this.#unknown.add(put.key);
          judgement.committed(batch);
          this.#inputs += batch.entries.length;
        },
        ledgerChanged: () => judgement.ledgerChanged(),
        looked: () => {
          judgement.looked();
          if (this.#inputs > maxInputs) throw new Runaway();
        },
      },
    });
  }

  async run(): Promise<RunResult> {
    let reconcileMs: number | null = null;
    try {
      reconcileMs = await this.#play();
    } catch (error) {
      if (!(error instanceof Runaway)) throw error;
      this.#judgement.add('at_rest', `more than ${maxInputs} inputs: the house never comes to rest`);
    }
    return this.#result(reconcileMs);
  }

  async #play(): Promise<number | null> {
    const { plan } = this.#parts;
    const world = this.#world;
    for (let at = plan.startAt + decideEveryMs; at < plan.healAt; at += decideEveryMs)
      world.time.at(at, () => world.operator('force_decision', null));
    await world.begin();
    await world.run(plan.badFrom);
    world.worsen();
    await world.run(plan.healAt);
    if (plan.cell.crash !== 'none' && world.crashes.crashes === 0) world.die();
    world.heal();
    this.#healed = true;
    const reconcileMs = await this.#reconcile();
    await world.run(world.time.now + restMs);
    this.#judgement.rested(false);
    await this.#closeEverything();
    this.#judgement.rested(true);
    const broken = await this.#parts.verifyJournal();
    if (broken !== undefined) this.#judgement.add('journal', broken);
    return reconcileMs;
  }

  /** Looks ever more rarely; the time of the first look at which everything agrees. */
  async #reconcile(): Promise<number | null> {
    const { healAt } = this.#parts.plan;
    for (let waited = 0; waited <= reconcileWithinMs; ) {
      if (this.#world.alive && this.#judgement.wouldRest()) return waited;
      waited += waited < 2 * minuteMs ? 5 * secondMs : waited < 20 * minuteMs ? 30 * secondMs : 5 * minuteMs;
      await this.#world.run(healAt + waited);
    }
    return null;
  }

  async #closeEverything(): Promise<void> {
    const world = this.#world;
    const end: EpochMs = world.time.now + closeWithinMs;
    for (const symbol of [...world.ledger.holdings.keys()]) world.operator('close_position', symbol);
    do await world.run(world.time.now + 10 * minuteMs);
    while (world.time.now < end && !(world.ledger.holdings.size === 0 && this.#judgement.wouldRest()));
  }

  #scene(): Scene {
    const { ledger, book, words, time, startedAt } = this.#world;
    const { plan, settings } = this.#parts;
    return { plan, settings, ledger, book, words, now: time.now, startedAt, healed: this.#healed };
  }

  #result(reconcileMs: number | null): RunResult {
    const { plan } = this.#parts;
    const { ledger, book, crashes } = this.#world;
    let fills = 0;
    for (const order of ledger.orders.values()) fills += order.fills.length;
    const resolved = [...this.#unknown].filter((id) => book.get('orders', id)?.state !== 'unknown');
    return {
      seed: plan.seed,
      cell: plan.cell,
      house: plan.house,
      violations: this.#judgement.violations,
      orders: ledger.orders.size,
      fills,
      crashes: crashes.crashes,
      unknowns: this.#unknown.size,
      unknownsResolved: resolved.length,
      reconcileMs,
    };
  }
}
