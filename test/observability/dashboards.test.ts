// The dashboards on disk are what their data make, and hold what Grafana needs: ids, letters, places that do not overlap.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dashboardFiles, dashboards, dashboardsFolder } from '../../scripts/dashboards.ts';
import { buildDashboard } from '../../scripts/grafana/build-dashboard.ts';
import { isSql } from '../../scripts/grafana/panel-spec.ts';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Place;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly refId: string; readonly expr?: string; readonly rawSql?: string }[];
}

const files = dashboardFiles();

test('the files are what the data make', () => {
  expect(readdirSync(dashboardsFolder).sort()).toEqual([...files.keys()].sort());
  for (const [name, text] of files)
    expect(readFileSync(path.join(dashboardsFolder, name), 'utf8'), 'run: node scripts/dashboards.ts').toBe(
      text,
    );
});

describe.each([...files])('%s', (_name, text) => {
  const json = JSON.parse(text) as {
    readonly uid: string;
    readonly schemaVersion: number;
    readonly panels: readonly PanelJson[];
    readonly templating: { readonly list: readonly { readonly name: string }[] };
  };

  test('every panel has an id of its own, a place of its own within 24 columns, and letters for its queries', () => {
    const ids = json.panels.map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of json.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} lies on another panel`).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
    for (const { title, targets = [] } of json.panels.filter((panel) => panel.type !== 'row')) {
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map((target) => target.refId)).size).toBe(targets.length);
      for (const { expr, rawSql } of targets)
        expect((expr ?? '') === '' && (rawSql ?? '') === '').toBe(false);
    }
  });

  test('every variable that a query names is a variable of the dashboard', () => {
    const names = json.templating.list.map((variable) => variable.name);
    const grafanas = ['__timeFilter', '__rate_interval', '__range'];
    for (const [, name = ''] of text.matchAll(/\$(\w+)/g))
      expect([...names, ...grafanas], text).toContain(name);
  });
});

test('four dashboards, each with a description on every panel', () => {
  expect(dashboards.map((spec) => spec.uid)).toEqual([
    'ato-decisions',
    'ato-agents',
    'ato-actions',
    'ato-alerts',
  ]);
  const panels = dashboards.flatMap((spec) => spec.rows.flatMap((row) => row.panels));
  expect(panels.length).toBeGreaterThan(50);
  expect(panels.some((panel) => panel.queries.some(isSql))).toBe(true);
  for (const panel of panels) expect(panel.description.length, panel.title).toBeGreaterThan(8);
});

test('panels that do not fit are an error, not a mess', () => {
  const [spec] = dashboards;
  const panel = { ...spec!.rows[0]!.panels[0]!, width: 25 };
  expect(() => buildDashboard({ ...spec!, rows: [{ title: 'r', panels: [panel] }] })).toThrow(RangeError);
});
