// Keeps the agents: builds them from durable rows, catches their failures, restarts them with growing delay.
import type { AgentFailure, MessageType } from '../shared/bus/catalogue.ts';
import type { AnyMessage } from '../shared/bus/message.ts';
import { type AgentName, agentNames } from '../shared/domain/agent-name.ts';
import type { EpochMs } from '../shared/domain/time.ts';
import type { AgentVitals } from '../shared/domain/vitals.ts';
import type { Agent, AgentFactories, AgentFactory, Turn } from './agent.ts';
import type { StateMirror } from './state-mirror.ts';

export const restartAlarmName = 'kernel:restart';
const firstRestartDelayMs = 1_000;
const maxRestartDelayMs = 300_000;
/** A failure this long after the previous one starts the delay anew. */
const calmPeriodMs = 600_000;

interface Slot {
  readonly factory: AgentFactory;
  agent: Agent | undefined;
  hears: ReadonlySet<MessageType>;
  failures: number;
  streak: number;
  restarts: number;
  lastFailureAt: EpochMs;
  lastTurnAt: EpochMs | null;
  handled: number;
  spentMs: number;
  spentTurns: number;
}

/** An agent whose rows could not be read. */
interface UnmadeAgent {
  readonly agent: AgentName;
  readonly error: string;
}

export class AgentSupervisor {
  readonly #slots = new Map<AgentName, Slot>();
  /** Who hears a broadcast type, in the kernel's order; worked out anew when an agent is. */
  readonly #hearers = new Map<MessageType, readonly AgentName[]>();
  readonly #mirror: StateMirror;
  readonly #stopwatch: (() => number) | undefined;

  constructor(mirror: StateMirror, stopwatch: (() => number) | undefined) {
    this.#mirror = mirror;
    this.#stopwatch = stopwatch;
  }

  /** Makes every agent anew from durable rows. Returns those that could not be made; they are down. */
  build(factories: AgentFactories): UnmadeAgent[] {
    this.#slots.clear();
    this.#hearers.clear();
    const unmade: UnmadeAgent[] = [];
    for (const name of agentNames) {
      const factory = factories[name];
      if (factory === undefined) continue;
      const slot: Slot = {
        factory,
        agent: undefined,
        hears: new Set(),
        failures: 0,
        streak: 0,
        restarts: 0,
        lastFailureAt: 0,
        lastTurnAt: null,
        handled: 0,
        spentMs: 0,
        spentTurns: 0,
      };
      this.#slots.set(name, slot);
      const error = this.#revive(slot);
      if (error !== undefined) unmade.push({ agent: name, error });
    }
    return unmade;
  }

  /** Agents of `order` that hear a broadcast of this type; also those that are down. */
  hearers(type: MessageType, order: readonly AgentName[]): readonly AgentName[] {
    let hearers = this.#hearers.get(type);
    if (hearers === undefined) {
      hearers = order.filter((agent) => this.#slots.get(agent)?.hears.has(type));
      this.#hearers.set(type, hearers);
    }
    return hearers;
  }

  /** True for an agent that exists and has failed; an agent that was never built is simply not here. */
  isDown(agent: AgentName): boolean {
    const slot = this.#slots.get(agent);
    return slot !== undefined && slot.agent === undefined;
  }

  /** Runs the handler; returns the error's text when it threw. */
  call(agent: AgentName, message: AnyMessage, turn: Turn): string | undefined {
    const slot = this.#slots.get(agent);
    if (slot?.agent === undefined) return undefined;
    const begun = this.#stopwatch?.() ?? 0;
    try {
      slot.agent.handle(message, turn);
    } catch (error) {
      return textOf(error);
    }
    slot.handled++;
    slot.lastTurnAt = turn.now;
    slot.spentTurns++;
    if (this.#stopwatch !== undefined) slot.spentMs += this.#stopwatch() - begun;
    return undefined;
  }

  fail(agent: AgentName, messageId: string, error: string, at: EpochMs): AgentFailure {
    const slot = this.#slots.get(agent);
    if (slot === undefined) throw new Error(`no such agent: ${agent}`);
    slot.agent = undefined;
    slot.failures++;
    slot.streak = at - slot.lastFailureAt > calmPeriodMs ? 1 : slot.streak + 1;
    slot.lastFailureAt = at;
    const delay = Math.min(maxRestartDelayMs, firstRestartDelayMs * 2 ** (slot.streak - 1));
    return { agent, error, message_id: messageId, failures: slot.failures, restart_at: at + delay };
  }

  /** Makes a failed agent anew; returns the error's text when it could not be made and stays down. */
  restart(agent: AgentName): string | undefined {
    const slot = this.#slots.get(agent);
    if (slot === undefined) return undefined;
    slot.restarts++;
    return this.#revive(slot);
  }

  /** Which agents run; unlike vitals() it resets nothing. */
  states(): { readonly agent: AgentName; readonly state: AgentVitals['state'] }[] {
    return [...this.#slots].map(([agent, slot]) => ({
      agent,
      state: slot.agent === undefined ? 'restarting' : 'running',
    }));
  }

  /** Statistics of every agent since the previous call. */
  vitals(): AgentVitals[] {
    return [...this.#slots].map(([agent, slot]) => {
      const mean = slot.spentTurns === 0 ? 0 : slot.spentMs / slot.spentTurns;
      slot.spentMs = 0;
      slot.spentTurns = 0;
      return {
        agent,
        state: slot.agent === undefined ? ('restarting' as const) : ('running' as const),
        last_turn_at: slot.lastTurnAt,
        handled: slot.handled,
        failures: slot.failures,
        restarts: slot.restarts,
        mean_turn_ms: mean,
      };
    });
  }

  /** One agent's rows that cannot be read must not take the other agents down with it. */
  #revive(slot: Slot): string | undefined {
    try {
      const agent = slot.factory();
      agent.restore(this.#mirror);
      slot.agent = agent;
      slot.hears = new Set(agent.subscriptions);
      this.#hearers.clear();
      return undefined;
    } catch (error) {
      return textOf(error);
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
