// A real process with model keys: it says which models may be asked, starts although none answers, and no key is found
// in anything that it writes, shows or keeps.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ModelStandIn } from '../contract/model-support/model-stand-in.ts';
import { eventually } from '../support/eventually.ts';
import { Installation, runAto } from '../support/system-process.ts';

const key = 'sk-compatible-key-that-nobody-may-see-0815';
const standIn = await ModelStandIn.open();
const system = new Installation({
  ATO_MARKET_SOURCE: 'synthetic',
  LOG_LEVEL: 'DEBUG',
  ATO_COMPATIBLE_URL: standIn.url,
  ATO_COMPATIBLE_MODEL: 'llama3.2',
  ATO_COMPATIBLE_API_KEY: key,
});
afterAll(async () => {
  await system.remove();
  await standIn.close();
});

/** Names of all files below a folder whose bytes hold the text. */
function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file).includes(text));
}

test('a provider that refuses the key and repeats it: said without the key, and the policy decides', async () => {
  standIn.react = ({ headers }) => ({
    status: 401,
    body: JSON.stringify({
      error: { message: `no such key: ${headers.authorization}`, code: 'invalid_api_key' },
    }),
  });
  await system.start();
  expect(system.output).toContain('models     compatible/llama3.2, then the policy alone');
  await eventually('a word on the model', () =>
    system.output.includes('a configured model cannot be asked as things stand') ? true : undefined,
  );
  expect(standIn.seen[0]).toMatchObject({ method: 'GET', path: '/v1/models' });
  expect(standIn.seen[0]?.headers.authorization).toBe(`Bearer ${key}`);
  const status = (await system.get('/orchestrator/status')) as {
    last_decision: { model: string; advice: { state: string } };
    models: { rungs: { provider: string; state: string }[] };
  };
  expect(status.last_decision.model).toMatch(/^policy decision@2#[0-9a-f]{12}$/);
  expect(status.models.rungs).toMatchObject([{ provider: 'compatible', state: 'ready' }]);
  const shown = await Promise.all(
    ['/status', '/orchestrator/status', '/decisions', '/metrics'].map(async (route) =>
      (await fetch(`${system.base}${route}`)).text(),
    ),
  );
  const doctor = await runAto(['doctor'], system.settings, system.folder);
  expect(doctor.stdout).toMatch(/ok {4}prompt: version 2, [0-9a-f]{12}/);
  expect(doctor.stdout).toContain('model compatible: llama3.2: the key is refused (status 401)');
  expect(await system.end('SIGTERM')).toBe(0);
  for (const text of [system.output, doctor.stdout, doctor.stderr, ...shown]) expect(text).not.toContain(key);
  expect(filesHolding(system.folder, key)).toEqual([]);
  expect(filesHolding(system.folder, 'decision@2#').length).toBeGreaterThan(0);
});
