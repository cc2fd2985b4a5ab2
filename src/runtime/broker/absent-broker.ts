// Stands for the broker in a process without the trading agent: what the other agents are told of it, and no orders ever.
import type { Settings } from '../../shared/config/settings.ts';
import type { SelectedBroker } from './broker-selection.ts';

export function absentBroker(settings: Settings): SelectedBroker {
  const simulated = settings.ATO_MODE === 'paper';
  const name = simulated ? 'paper' : settings.ATO_BROKER;
  const refuse = () => Promise.reject(new Error('the trading agent is in another process'));
  return {
    broker: {
      name,
      simulated,
      capabilities: { attachedBracket: true, short: true },
      start: async () => undefined,
      stop: async () => undefined,
      submit: refuse,
      cancel: refuse,
      snapshot: refuse,
    },
    listener: { onCandle: () => undefined, onQuotes: () => undefined },
    tick: () => undefined,
    startingCash: settings.ATO_STARTING_CASH,
    agentSettings: {
      broker: { name, simulated, short: true },
      initial_trading_state: simulated ? 'active' : 'halted',
    },
    words: 'the trading agent is in another process',
  };
}
