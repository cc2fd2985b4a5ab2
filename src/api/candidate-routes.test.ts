// The candidates path: documented shape, filters, bounds, and strangers' names passed on as the data they are.
import { afterEach, expect, test } from 'vitest';
import { putRows } from '../../test/support/api-rows.ts';
import { type ApiWorld, apiWorld } from '../../test/support/api-world.ts';
import { sampleCandidates } from '../../test/support/sample-candidates.ts';
import { candidateBody } from './schemas/candidate-bodies.ts';

let world: ApiWorld;
afterEach(() => world.app.close());

async function get(url: string) {
  const response = await world.app.inject({ url, headers: { host: 'localhost:8080' } });
  return { status: response.statusCode, body: response.json() };
}

test('newest first, by verdict and chain, bounded', async () => {
  world = await apiWorld();
  expect(await get('/markets/candidates')).toEqual({ status: 200, body: { candidates: [] } });
  const rows = sampleCandidates(Date.UTC(2026, 10, 1));
  await putRows(
    world.store,
    'candidates',
    rows.map((row) => [row.id, row]),
  );
  const symbols = async (query: string) =>
    (await get(`/markets/candidates${query}`)).body.candidates.map((row: { symbol: string }) => row.symbol);
  expect(await symbols('')).toHaveLength(2);
  expect(await symbols('?limit=1')).toHaveLength(1);
  expect(await symbols('?chain=base')).toEqual(['BRETT']);
  expect(await symbols('?verdict=rejected')).toEqual(['DOGWIF']);
  expect(await symbols('?verdict=eligible')).toEqual([]);
  const { body } = await get('/markets/candidates?chain=solana');
  const candidate = candidateBody.parse(body.candidates[0]);
  expect(candidate.name).toContain('<script>');
  expect(candidate.safety.mint_authority).toBe('unknown');
  expect(candidate.filters).toContainEqual({
    name: 'top_10_holders_pct',
    outcome: 'failed',
    value: 61.5,
    rule: 'at most',
    limit: 30,
  });
  for (const query of ['?limit=0', '?limit=1001', '?verdict=good', '?chain=a%20b', '?chain=a;drop'])
    expect((await get(`/markets/candidates${query}`)).status).toBe(400);
});
