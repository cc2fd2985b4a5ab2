// Prometheus' and Alertmanager's own tools agree with deploy/: configuration, rules, unit tests of every rule, routing.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { amtool, prometheusSkipReason, promtool, startAlertmanager } from '../servers/prometheus.ts';
import { eventually } from '../support/eventually.ts';
import { projectFolder } from '../support/system-process.ts';

const skip = prometheusSkipReason();
const folder = path.join(projectFolder, 'deploy', 'prometheus');
const filesIn = (name: string, root = folder) =>
  readdirSync(path.join(root, name)).map((file) => path.join(root, name, file));
const rules = filesIn('rules')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const unitTests = filesIn('tests')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name ?? '');
const records = [...rules.matchAll(/^ +- record: (\S+)$/gm)].map(([, name]) => name ?? '');
const metricNames = new Set(
  [
    ...readFileSync(path.join(projectFolder, 'docs', 'metrics.md'), 'utf8').matchAll(/^\| `([a-z_0-9]+)/gm),
  ].map(([, name]) => name ?? ''),
);
const spoiled = mkdtempSync(path.join(tmpdir(), 'ato-rules-'));
afterAll(() => rmSync(spoiled, { recursive: true, force: true }));

describe('rules', () => {
  test('every alert is tested firing and not firing, every recorded figure is worked out', () => {
    expect([alerts.length, records.length].every((count) => count > 10)).toBe(true);
    for (const name of alerts)
      expect(unitTests, name).toMatch(new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`));
    const quiet = alerts.filter((name) => !unitTests.includes(`alertname: ${name}, exp_alerts: [] }`));
    // Its quiet case is the same rule on another disk, in the one list of what fires.
    expect(quiet).toEqual(['AtoDiskFilling']);
    for (const name of records) expect(unitTests, name).toContain(name);
  });

  test('every alert has a severity and says what it means in one line', () => {
    for (const block of rules.split(/^ +- alert: /m).slice(1)) {
      expect(block).toMatch(/severity: (critical|warning|info)/);
      expect(block).toMatch(/^ +summary: .+$/m);
      expect(block).toMatch(/^ +description: .+$/m);
    }
  });

  test('they use only metrics that exist', () => {
    const used = [...rules.matchAll(/(?<![:\w])((?:ato|orchestrator)_[a-z0-9_]+)(?![\w:])/g)].map(
      ([, name = '']) => name,
    );
    expect(used.length).toBeGreaterThan(40);
    for (const name of used.filter((word) => !['ato_origin'].includes(word)))
      expect([...metricNames], name).toContain(name.replace(/_bucket$/, ''));
  });
});

describe.skipIf(skip !== undefined)(`the tools${skip === undefined ? '' : ` (${skip})`}`, () => {
  test('promtool accepts configuration and rules, and the unit tests pass', () => {
    promtool(['check', 'config', '--syntax-only', path.join(folder, 'prometheus.yml')]);
    promtool(['check', 'rules', ...filesIn('rules')]);
    promtool(['test', 'rules', ...filesIn('tests')]);
  });

  test('the unit tests notice a rule that changed', () => {
    cpSync(folder, spoiled, { recursive: true });
    const file = path.join(spoiled, 'rules', 'alerts.yml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('ato_trading_unknown_orders > 0', 'ato_trading_unknown_orders > 5'),
    );
    const quick = path.join(spoiled, 'tests', 'alerts.test.yml');
    expect(() => promtool(['test', 'rules', quick])).toThrow(/AtoUnknownOrders/);
  });

  const configuration = path.join(projectFolder, 'deploy', 'alertmanager', 'alertmanager.yml');
  test.each([
    [['alertname=AtoDown', 'severity=critical'], 'ato,people'],
    [['alertname=AtoPartDown', 'severity=critical', 'part=ato_trading'], 'ato,people'],
    [['alertname=NodeDiskFull', 'severity=warning'], 'ato,people'],
    [['alertname=AtoTradingHalted', 'severity=info'], 'people'],
    [['alertname=AtoUnknownOrders', 'severity=critical', 'ato_origin=health'], 'nobody'],
  ])('amtool routes %j to %s', (labels, receivers) => {
    amtool(['check-config', configuration]);
    expect(amtool(['config', 'routes', 'test', `--config.file=${configuration}`, ...labels]).trim()).toBe(
      receivers,
    );
  });

  test('a part that is down silences nothing; only when no process answers are the others symptoms', async () => {
    const alertmanager = await startAlertmanager(
      readFileSync(configuration, 'utf8').replace('/run/secrets/api_token', path.join(spoiled, 'token')),
    );
    const raise = async (...names: readonly string[]) => {
      const body = names.map((alertname) => ({ labels: { alertname, severity: 'info' } }));
      const response = await fetch(`${alertmanager.base}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
    };
    const states = async () =>
      Object.fromEntries(
        ((await alertmanager.get('/api/v2/alerts')) as Told[]).map((one) => [
          one.labels.alertname,
          one.status.state,
        ]),
      );
    const become = (wanted: Readonly<Record<string, string>>) =>
      eventually(
        JSON.stringify(wanted),
        async () => {
          const seen = await states();
          return Object.entries(wanted).every(([name, state]) => seen[name] === state) || undefined;
        },
        40_000,
      );
    try {
      await raise('AtoPartDown', 'AtoDrawdown', 'AtoJournalStalled');
      await become({ AtoPartDown: 'active', AtoDrawdown: 'active', AtoJournalStalled: 'active' });
      await raise('AtoDown', 'NodeDiskFull');
      await become({
        ...{ AtoDown: 'active', NodeDiskFull: 'active' },
        ...{ AtoPartDown: 'suppressed', AtoDrawdown: 'suppressed', AtoJournalStalled: 'suppressed' },
      });
    } finally {
      await alertmanager.stop();
    }
  }, 90_000);
});

interface Told {
  readonly labels: { readonly alertname: string };
  readonly status: { readonly state: string };
}
