// A process of its own for the folder tests: opens the store and holds it, or commits until it is killed.
import { PgliteStore } from '../../src/adapters/store/pglite/pglite-store.ts';
import { nextChainHash } from '../../src/shared/db/journal-chain.ts';

const [folder, mode] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: store-holder FOLDER hold|commit');
const store = new PgliteStore({ folder });
await store.open();
let { sequence, hash } = await store.load();
process.stdout.write(`${sequence}\n`);
while (mode === 'commit') {
  sequence++;
  const line = JSON.stringify({ n: sequence });
  hash = nextChainHash(hash, line);
  await store.commit({
    entries: [{ sequence, at: sequence, line, hash }],
    puts: [{ collection: 'agent_memory', key: 'last', value: { agent: 'health_ai', value: sequence } }],
    effects: [],
    settledEffectIds: [],
  });
  process.stdout.write(`${sequence}\n`);
}
