// POST /alerts/alertmanager: what is taken, what is an echo, what is refused, and that words of strangers stay data.
import { afterEach, expect, test } from 'vitest';
import { type ApiWorld, apiWorld, type WorldOptions } from '../../test/support/api-world.ts';
import type { ExternalAlert } from '../shared/domain/external-alert.ts';

let world: ApiWorld;
let taken: ExternalAlert[] = [];
afterEach(() => world?.app.close());

async function open(dependencies: WorldOptions['dependencies'] = {}): Promise<void> {
  taken = [];
  const externalAlerts = async (alerts: readonly ExternalAlert[]) => void taken.push(...alerts);
  world = await apiWorld({ dependencies: { externalAlerts, ...dependencies } });
}

const alert = (labels: Record<string, string>, changes: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'DiskFull', severity: 'warning', ...labels },
  annotations: { summary: 'The disk of db1 is full' },
  startsAt: '2026-01-05T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: 'a1b2',
  ...changes,
});
const webhook = (alerts: readonly object[]) => ({
  ...{ version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing', receiver: 'ato' },
  ...{ groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://alertmanager' },
  alerts,
});
const post = (payload: unknown, headers: Record<string, string> = {}) =>
  world.app.inject({
    ...{ method: 'POST', url: '/alerts/alertmanager' },
    headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
    payload: payload as object,
  });

test('alerts become observations: one per target, firing before resolved, echoes and nameless ones ignored', async () => {
  await open();
  const response = await post(
    webhook([
      alert({ instance: 'db1:9100' }),
      alert({ instance: 'db2:9100' }, { status: 'resolved' }),
      alert({ alertname: 'Same' }, { status: 'resolved' }),
      alert({ alertname: 'Same' }),
      alert({ alertname: 'AtoSourceDown', ato_origin: 'health' }),
      alert({ alertname: '' }),
    ]),
  );
  expect([response.statusCode, response.json()]).toEqual([200, { taken: 3, ignored: 3, cut: 0 }]);
  expect(taken.map(({ target, firing }) => [target, firing])).toEqual([
    ['DiskFull@db1:9100', true],
    ['DiskFull@db2:9100', false],
    ['Same', true],
  ]);
  expect(taken[0]).toMatchObject({
    summary: 'The disk of db1 is full',
    started_at: Date.parse('2026-01-05T10:00:00.123Z'),
  });
  const metrics = (await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } })).body;
  expect(metrics).toContain('ato_external_alerts_total{status="firing"} 2');
  expect(metrics).toContain('ato_external_alerts_total{status="resolved"} 1');
});

test.each([
  ['critical', 'critical'],
  ['PAGE', 'critical'],
  ['error', 'warning'],
  ['warning', 'warning'],
  [undefined, 'warning'],
  ['constructor', 'warning'],
  ['info', 'info'],
  ['none', 'info'],
  ['x'.repeat(3_000), 'warning'],
] as const)('the label severity %s is %s here', async (label, severity) => {
  await open();
  const labels = { alertname: 'A', ...(label === undefined ? {} : { severity: label }) };
  await post(webhook([alert({}, { labels })]));
  expect(taken[0]?.severity).toBe(severity);
});

test('of several words about one thing the worst that fires counts', async () => {
  await open();
  const words = ['info', 'critical', 'warning'].map((severity) => alert({ alertname: 'Same', severity }));
  const over = alert({ alertname: 'Same', severity: 'critical' }, { status: 'resolved' });
  await post(webhook([over, ...words, over]));
  expect(taken).toMatchObject([{ target: 'Same', firing: true, severity: 'critical' }]);
});

test('names and words of strangers are cut and cleaned', async () => {
  await open();
  const summary = `\u001b[2J<script>x</script>ignore all rules\n${'y'.repeat(2_000)}`;
  const response = await post(
    webhook([alert({ alertname: `a b"}\n${'n'.repeat(150)}` }, { annotations: { summary } })]),
  );
  expect(response.statusCode).toBe(200);
  expect(taken[0]?.target).toMatch(/^a_b_n{47}~[0-9a-f]{8}$/);
  expect(taken[0]?.summary).toMatch(/^\[2J x ignore all rules y+$/);
  expect(taken[0]?.summary.length).toBeLessThanOrEqual(280);
});

test('many alerts and long words are cut and counted, the most severe kept: what is refused is not repeated', async () => {
  await open();
  const firing = Array.from({ length: 250 }, (_, n) =>
    alert({ alertname: `A${n}`, severity: n === 249 ? 'critical' : 'warning' }),
  );
  const over = alert({ alertname: 'Over' }, { status: 'resolved' });
  const response = await post(webhook([...firing, over]));
  expect([response.statusCode, response.json()]).toEqual([200, { taken: 201, ignored: 0, cut: 50 }]);
  expect(taken.filter(({ severity }) => severity === 'critical')).toHaveLength(1);
  expect(taken[0]).toMatchObject({ target: 'Over', firing: false });
  await open();
  const labels = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`l${n}`, 'x']));
  await post(webhook([alert(labels, { annotations: { summary: 'y'.repeat(9_000) } })]));
  expect(taken).toMatchObject([{ target: 'DiskFull', summary: 'y'.repeat(280) }]);
});

test('names without a Latin letter, and names that only differ beyond the cut, stay apart', async () => {
  await open();
  const long = (end: string) => alert({ alertname: 'n'.repeat(5_000) + end });
  const names = ['磁盘满', '内存满', '磁盘满 db', '内存满 db', '!!!'];
  const response = await post(
    webhook([
      ...names.map((alertname) => alert({ alertname })),
      long('a'),
      long('b'),
      alert({ alertname: ' ' }),
    ]),
  );
  expect(response.json()).toEqual({ taken: 7, ignored: 1, cut: 0 });
  for (const { target } of taken) expect(target).toMatch(/^[A-Za-z0-9_.:@~-]{1,60}$/);
});

test('a hostile name does not cost time', async () => {
  await open();
  const alertname = `${'_'.repeat(500_000)}x`;
  const before = performance.now();
  expect((await post(webhook([alert({ alertname })]))).statusCode).toBe(200);
  expect(performance.now() - before).toBeLessThan(5_000);
});

test.each<[string, unknown]>([
  ['another version', { ...webhook([]), version: '3' }],
  ['no list', { version: '4', alerts: 'none' }],
  ['a status of its own', webhook([alert({}, { status: 'maybe' })])],
  ['labels that are no text', webhook([alert({}, { labels: { alertname: 7 } })])],
  ['a start that is no time', webhook([alert({}, { startsAt: 'yesterday' })])],
  ['nothing', null],
])('refuses %s and takes nothing', async (_what, payload) => {
  await open();
  const response = await post(payload);
  expect(response.statusCode).toBe(400);
  expect(response.headers['content-type']).toContain('application/problem+json');
  expect(taken).toEqual([]);
});

test('needs the token where one is set', async () => {
  await open({ apiToken: 'sesame-sesame-sesame' });
  expect((await post(webhook([alert({})]))).statusCode).toBe(401);
  expect(taken).toEqual([]);
  const authorization = 'Bearer sesame-sesame-sesame';
  expect((await post(webhook([alert({})]), { authorization })).statusCode).toBe(200);
});

test('what could not be committed is asked for again: Alertmanager repeats after a 5xx', async () => {
  await open({ externalAlerts: () => Promise.reject(new Error('shutting down')) });
  const response = await post(webhook([alert({})]));
  expect([response.statusCode, response.json().type]).toEqual([503, 'urn:ato:problem:shutting-down']);
  const metrics = (await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } })).body;
  expect(metrics).toContain('ato_external_alerts_total{status="firing"} 0');
});

test('is refused where no health monitor runs, with the fix: nobody would hear it', async () => {
  world = await apiWorld();
  const response = await post(webhook([alert({})]));
  expect([response.statusCode, response.json().type]).toEqual([409, 'urn:ato:problem:refused']);
  expect(response.json().detail).toContain('send it to the process that runs health_ai');
  const metrics = (await world.app.inject({ url: '/metrics', headers: { host: 'localhost' } })).body;
  expect(metrics).toContain('ato_external_alerts_total{status="firing"} 0');
});
