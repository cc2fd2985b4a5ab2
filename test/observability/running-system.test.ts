// A real Prometheus and Alertmanager beside a running system on a real PostgreSQL: every query of every dashboard and rule is
// executed, and one that errs, or is empty where it must not be, fails.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboards } from '../../scripts/dashboards.ts';
import { isSql, type PanelSpec } from '../../scripts/grafana/panel-spec.ts';
import { type PostgresServer, postgresSkipReason, startPostgres } from '../servers/postgres.ts';
import {
  prometheusSkipReason,
  type RunningServer,
  startAlertmanager,
  startPrometheus,
} from '../servers/prometheus.ts';
import { eventually } from '../support/eventually.ts';
import { Installation, projectFolder } from '../support/system-process.ts';

const skip = prometheusSkipReason() ?? (await postgresSkipReason());
const deploy = path.join(projectFolder, 'deploy');
const folder = mkdtempSync(path.join(tmpdir(), 'ato-observed-'));
const apiToken = 'only-for-tests-0123456789';
const schema = 'ai_trading';
/** Long enough for two scrapes a second apart, as Grafana would choose it. */
const rateInterval = '10s';
const warmUpMs = 90_000;

let postgres: PostgresServer;
let system: Installation;
let alertmanager: RunningServer;
let prometheus: RunningServer;
let reader: pg.Client;

/** The shipped configuration with this test's addresses, and in a hurry. */
function shippedPrometheus(): string {
  const text = readFileSync(path.join(deploy, 'prometheus', 'prometheus.yml'), 'utf8')
    .replaceAll(/(scrape_interval|scrape_timeout|evaluation_interval): \d+s/g, '$1: 1s')
    .replace('/etc/prometheus/rules', path.join(deploy, 'prometheus', 'rules'))
    .replaceAll('/run/secrets/api_token', path.join(folder, 'token'))
    .replace(
      /dns_sd_configs:\n {6}- names: \[ai_orchestrator.*\n( {8}.*\n)+/,
      `static_configs: [{ targets: ['${system.base.replace('http://', '')}'] }]\n`,
    )
    .replaceAll('alertmanager:9093', alertmanager.base.replace('http://', ''));
  const file = path.join(folder, 'prometheus.yml');
  writeFileSync(file, text);
  return file;
}

function shippedAlertmanager(): string {
  return readFileSync(path.join(deploy, 'alertmanager', 'alertmanager.yml'), 'utf8')
    .replaceAll(/group_wait: \d+s/g, 'group_wait: 1s')
    .replaceAll(/group_interval: 1m/g, 'group_interval: 1s')
    .replace('http://ato_alerts:8080', system.base)
    .replace('/run/secrets/api_token', path.join(folder, 'token'));
}

async function rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await reader.query(sql)).rows;
}

/** What Grafana makes of a query before it sends it. */
function expanded(query: string, text = ''): string {
  const made = query
    .replaceAll(/\$__timeFilter\(([\w.]+)\)/g, "$1 BETWEEN '1970-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'")
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$__range', '1m')
    .replaceAll('$schema', schema)
    .replaceAll('$who', '')
    .replaceAll('$text', text.replaceAll("'", "''"));
  expect(made).not.toMatch(/\$/);
  return made;
}

/** Samples that are numbers; Prometheus' error is the test's. */
async function samples(promql: string): Promise<number> {
  const answer = (await prometheus.get(`/api/v1/query?query=${encodeURIComponent(promql)}`)) as {
    data: { result: readonly { value: readonly [number, string] }[] };
  };
  return answer.data.result.filter(({ value }) => value[1] !== 'NaN').length;
}

describe.skipIf(skip !== undefined)(`observability${skip === undefined ? '' : ` (${skip})`}`, () => {
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = await postgres.freshDatabase();
    const { username: owner, pathname } = new URL(url);
    const superuser = new URL(postgres.superuserUrl);
    superuser.pathname = pathname;
    // The role that Grafana gets, made by the shipped script before the first table is there.
    const script = path.join(deploy, 'postgres', 'grafana-reader.sql');
    const variables = [`schema=${schema}`, `owner=${owner}`, 'password=only-for-tests'].flatMap((one) => [
      '-v',
      one,
    ]);
    execFileSync('psql', ['-X', '-q', '-d', superuser.href, ...variables, '-f', script], { stdio: 'pipe' });
    writeFileSync(path.join(folder, 'token'), apiToken);
    system = new Installation({
      ...{ DATABASE_URL: url, API_TOKEN: apiToken, ATO_MARKET_SPEED: '1200', ATO_SEED: '7' },
      // Trades all the time, so that every panel has something to show after seconds.
      ...{ ATO_STRATEGY_FILE: path.join(projectFolder, 'test', 'crash', 'busy-strategy.ts') },
      ...{ ATO_UNIVERSE: 'BTCUSDT,ETHUSDT,SOLUSDT,EURUSD,GBPUSD', ATO_DISCOVERY: 'off', ATO_NEWS: 'off' },
    });
    await system.start();
    alertmanager = await startAlertmanager(shippedAlertmanager());
    prometheus = await startPrometheus(shippedPrometheus());
    const readerUrl = new URL(url);
    readerUrl.username = 'grafana_reader';
    reader = new pg.Client({ connectionString: readerUrl.href });
    await reader.connect();
    await eventually(
      'signals, refusals, orders, fills and closed positions',
      async () => {
        const [counted] =
          await rows(`select least((select count(*) from ${schema}.fills), (select count(*) from ${schema}.signals),
          (select count(*) from ${schema}.refusals), (select count(*) from ${schema}.positions where not open),
          (select count(*) from ${schema}.decisions where not open))::int as least`);
        return Number(counted?.least) > 0 || undefined;
      },
      warmUpMs,
    );
    await eventually(
      'figures over several scrapes',
      async () => (await samples('ato:http_requests:rate5m > 0')) || undefined,
      warmUpMs,
    );
  }, 240_000);
  afterAll(async () => {
    await reader?.end().catch(() => undefined);
    await Promise.all([prometheus?.stop(), alertmanager?.stop(), system?.remove()]);
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const panels = dashboards.flatMap((spec) =>
    spec.rows.flatMap((row) =>
      row.panels.map((panel): [string, PanelSpec] => [`${spec.uid}: ${row.title}: ${panel.title}`, panel]),
    ),
  );

  test.each(panels)('%s', async (_name, panel) => {
    for (const query of panel.queries) {
      if (isSql(query)) {
        const found = await rows(expanded(query.sql));
        if (panel.mayBeEmpty === undefined) expect(found.length, query.sql).toBeGreaterThan(0);
        if (query.format === 'time_series') expect(Object.keys(found[0] ?? { time: 0 })).toContain('time');
      } else {
        const look = async () => (await samples(expanded(query.promql))) || undefined;
        if (panel.mayBeEmpty === undefined) await eventually(`a sample of ${query.promql}`, look, 15_000);
        else await look();
      }
    }
  });

  test('annotations are executed as they are', async () => {
    const annotations = dashboards.flatMap((spec) => spec.annotations ?? []);
    expect(annotations.length).toBeGreaterThan(0);
    for (const { sql } of annotations) expect(await rows(expanded(sql))).toBeInstanceOf(Array);
  });

  test('text typed into a box narrows the log and cannot leave its quotes', async () => {
    const log = dashboards.find((spec) => spec.uid === 'ato-actions')?.rows[0]?.panels[0]?.queries[0];
    if (log === undefined || !isSql(log)) throw new Error('the action log is gone');
    const all = await rows(expanded(log.sql));
    const some = await rows(expanded(log.sql, 'BTCUSDT'));
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
    expect(await rows(expanded(log.sql, "x'; drop table decisions; --"))).toEqual([]);
    expect(new Set(all.map((row) => row.who))).toEqual(
      new Set([
        'orchestrator',
        'analyst',
        'trading',
        ...(all.some((row) => row.who === 'health') ? ['health'] : []),
      ]),
    );
  });

  test('the reader of Grafana can change nothing', async () => {
    for (const sql of [
      `delete from ${schema}.orders`,
      `create table ${schema}.mine (a int)`,
      `drop table ${schema}.journal`,
    ])
      await expect(rows(sql)).rejects.toThrow(/read-only|permission denied|must be owner/);
    await reader.query('set default_transaction_read_only to off');
    await expect(rows(`delete from ${schema}.orders`)).rejects.toThrow(/permission denied/);
    await reader.query('set default_transaction_read_only to on');
  });

  test('Prometheus evaluates every rule without an error, and every recorded figure that must be there is there', async () => {
    const { data } = (await prometheus.get('/api/v1/rules')) as {
      data: {
        groups: readonly {
          rules: readonly { name: string; type: string; query: string; health: string; lastError?: string }[];
        }[];
      };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(35);
    // Groups are evaluated up to a minute after the start, so each is asked for directly as well.
    for (const rule of rules) {
      expect([rule.name, rule.health === 'err' ? rule.lastError : 'ok']).toEqual([rule.name, 'ok']);
      const absent =
        rule.type !== 'recording' ||
        rule.name.startsWith('provider:') ||
        /regret|^ato:http_errors/.test(rule.name);
      const look = () => samples(rule.query);
      // A rule made of other recorded figures has a sample only after their second evaluation.
      if (absent) await look();
      else await eventually(`a sample of ${rule.name}`, async () => (await look()) || undefined, warmUpMs);
    }
  });

  test('the targets that run are up', async () => {
    const { data } = (await prometheus.get('/api/v1/targets?state=active')) as {
      data: { activeTargets: readonly { labels: { job: string }; health: string; lastError: string }[] };
    };
    const health = new Map(data.activeTargets.map((target) => [target.labels.job, target.health]));
    expect([health.get('ato'), health.get('alertmanager')]).toEqual(['up', 'up']);
  });

  test('an alert of somebody else becomes an incident, and its end resolves it', async () => {
    const labels = { alertname: 'NodeDiskFull', instance: 'db1:9100', severity: 'warning' };
    const tell = (times: object) =>
      fetch(`${alertmanager.base}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels, annotations: { summary: 'The disk of db1 is full' }, ...times }]),
      });
    const cause = 'external_alert:NodeDiskFull@db1:9100';
    const incident = async (open: boolean) => {
      const [row] = await rows(
        `select data from ${schema}.incidents where cause = '${cause}' and ${open ? '' : 'not '}open`,
      );
      return row;
    };
    expect((await tell({})).status).toBe(200);
    const opened = await eventually('the incident', () => incident(true), 30_000);
    expect(JSON.stringify(opened)).toContain('The disk of db1 is full');
    await tell({ endsAt: new Date().toISOString() });
    await eventually('its end', () => incident(false), 30_000);
  });
});
