// The relay inside one process keeps the contract.
import { describe } from 'vitest';
import { MemoryRelay, type MemoryRelayPlace } from '../../src/adapters/relay/memory/memory-relay.ts';
import { relayContract } from './relay.contract.ts';

describe('memory relay', () => {
  relayContract(async () => {
    const place: MemoryRelayPlace = new Map();
    return { make: (limits) => new MemoryRelay(place, limits), dispose: async () => undefined };
  }, false);
});
