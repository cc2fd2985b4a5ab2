// The store contract on the memory store.
import { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('MemoryStore', async () => {
  const store = new MemoryStore();
  return { make: () => store, durable: false, dispose: async () => undefined };
});
