// What the world gives a house to stand on, and what it gets back. The runtime builds houses; the simulator never
// imports what they are made of.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { AnyEffect } from '../../shared/bus/effects.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import type { Broker } from '../../shared/ports/broker.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { MarketDataSource } from '../../shared/ports/market-data.ts';
import type { LoadedState, Store } from '../../shared/ports/store.ts';

export interface HouseSite {
  readonly settings: AgentSettings;
  readonly seed: number;
  readonly store: Store;
  readonly loaded: LoadedState;
  readonly clock: Clock;
  readonly broker: Broker;
  readonly source: MarketDataSource;
  readonly commitPauseMs: number;
  /** Calls back after that many milliseconds of the house's own time; returns how to call it off. */
  readonly after: (milliseconds: number, act: () => void) => () => void;
  /** Asked before each effect is released; false withholds it and everything after it. */
  readonly mayRelease: (effect: AnyEffect) => boolean;
  /** The house cannot go on and must be started again. */
  readonly fatal: (error: Error) => void;
}

export interface House {
  post(input: KernelInput): void;
}

export type HouseBuilder = (site: HouseSite) => Promise<House>;
