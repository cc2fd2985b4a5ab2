// What Prometheus is given is what the documents say, and what Prometheus' own tool finds nothing wrong with.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricsDocument, metricsDocumentFile } from '../../scripts/metrics-document.ts';
import { MetricsCollector } from '../../src/api/metrics/metrics-collector.ts';
import { prometheusSkipReason, promtool } from '../servers/prometheus.ts';
import { apiWorld } from '../support/api-world.ts';

const skip = prometheusSkipReason();

test('docs/metrics.md is what the metrics say of themselves', () => {
  expect(readFileSync(metricsDocumentFile, 'utf8'), 'run: node scripts/metrics-document.ts').toBe(
    metricsDocument(),
  );
});

test('every metric that is scraped is in docs/metrics.md, with its labels', async () => {
  const { app } = await apiWorld();
  const { body } = await app.inject({ url: '/metrics', headers: { host: 'localhost' } });
  await app.close();
  const described = new Map(new MetricsCollector().describe().map((metric) => [metric.name, metric]));
  const names = [...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  expect(names.length).toBeGreaterThan(100);
  for (const [, name = '', type] of names)
    if (!name.startsWith('api_health_')) expect(described.get(name)?.type, name).toBe(type);
});

test.skipIf(skip !== undefined)(
  `promtool check metrics finds nothing to say${skip === undefined ? '' : ` (${skip})`}`,
  async () => {
    const { app } = await apiWorld();
    const { body } = await app.inject({ url: '/metrics', headers: { host: 'localhost' } });
    await app.close();
    expect(promtool(['check', 'metrics'], body)).toBe('');
    expect(() => promtool(['check', 'metrics'], `${body}# TYPE bad_total gauge\nbad_total 1\n`)).toThrow();
  },
);
