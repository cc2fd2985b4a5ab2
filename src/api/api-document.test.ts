// docs/api.md is kept true: every path is in it, and its examples are what the schemas promise.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decision } from '../../test/support/api-rows.ts';
import { apiWorld, message } from '../../test/support/api-world.ts';
import { problemBody } from './problem.ts';
import { candidateBody } from './schemas/candidate-bodies.ts';
import { decisionBody, signalBody, taskBody } from './schemas/decision-bodies.ts';
import { candleBody, healBody, incidentBody, sourceBody } from './schemas/health-bodies.ts';
import { instrumentBody } from './schemas/instrument-bodies.ts';
import { learningBody } from './schemas/learning-bodies.ts';
import {
  commandBody,
  healthBody,
  orchestratorStatusBody,
  statusBody,
  systemHealthBody,
  workflowBody,
} from './schemas/overview-bodies.ts';
import { scheduleBody } from './schemas/schedule-bodies.ts';
import { equityBody, fillBody, orderBody, positionBody, refusalBody } from './schemas/trading-bodies.ts';
import { eventsOf } from './stream-events.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');

/** The JSON example under the heading that begins with the given words. */
function exampleUnder(heading: string): unknown {
  const section = text.slice(text.indexOf(heading));
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(section)?.[1] ?? 'null');
}

const list = (name: string, row: z.ZodType) => z.object({ [name]: z.array(row).min(1) });

test.each<[string, z.ZodType]>([
  ['## Problems', problemBody],
  ['### `GET /health`', healthBody],
  ['### `GET /status`', statusBody],
  ['### `GET /health/system`', systemHealthBody],
  ['### `GET /health/incidents', list('incidents', incidentBody)],
  ['### `GET /health/heals', list('heals', healBody)],
  ['### `GET /orchestrator/status`', orchestratorStatusBody],
  ['### `GET /orchestrator/schedule`', scheduleBody],
  ['### `GET /orchestrator/learning`', learningBody],
  ['### `GET /decisions?', list('decisions', decisionBody)],
  ['### `GET /workflows/available`', list('workflows', workflowBody)],
  ['### `GET /tasks', list('tasks', taskBody)],
  ['### `GET /analyst/signals', list('signals', signalBody)],
  ['### `GET /trading/positions', list('positions', positionBody)],
  ['### `GET /trading/orders', list('orders', orderBody)],
  ['### `GET /trading/fills', list('fills', fillBody)],
  ['### `GET /trading/refusals', list('refusals', refusalBody)],
  ['### `GET /trading/equity', list('equity', equityBody)],
  ['### `GET /markets/sources', list('sources', sourceBody)],
  ['### `GET /markets/instruments', list('instruments', instrumentBody)],
  ['### `GET /markets/candidates', list('candidates', candidateBody)],
  ['### `GET /markets/candles', list('candles', candleBody)],
  ['## Commands', commandBody],
])('the example under %s has the promised shape', (heading, schema) => {
  expect(text).toContain(heading);
  schema.parse(exampleUnder(heading));
});

test('every path is documented', async () => {
  const { app } = await apiWorld();
  const headers = { host: 'localhost' };
  const { paths } = (await app.inject({ url: '/docs/json', headers })).json() as { paths: object };
  for (const name of Object.keys(paths)) expect(text).toContain(name.replaceAll(/\{(\w+)\}/g, ':$1'));
  await app.close();
});

test('every event the stream can send is documented', () => {
  const names = eventsOf(message('decision', decision())).map((event) => event.name);
  expect(names).toEqual(['decision']);
  const source = readFileSync(path.resolve(import.meta.dirname, 'stream-events.ts'), 'utf8');
  const literals = [...source.matchAll(/'([a-z]+\.[a-z_]+|decision|mandate|signal)'/g)].map(
    ([, name]) => name ?? '',
  );
  const sent = literals.filter((name) => !['market.quotes', 'broker.report'].includes(name));
  expect(sent.length).toBeGreaterThan(15);
  for (const name of sent) expect(text).toContain(`\`${name}\``);
});
