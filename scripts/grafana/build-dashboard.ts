// Turns a dashboard's data into Grafana's JSON with the foundation SDK. Ids, reference letters and places are given here,
// because the SDK gives none, so that the same data always make the same text.
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as piechart from '@grafana/grafana-foundation-sdk/piechart';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import {
  type AnnotationSpec,
  type DashboardSpec,
  isSql,
  type PanelQuery,
  type PanelSpec,
} from './panel-spec.ts';

const columns = 24;
const defaultHeight = 8;
const statHeight = 4;
const legendColumns = 24;

const prometheusSource = { type: 'prometheus', uid: '$prometheus' };
const postgresSource = { type: 'grafana-postgresql-datasource', uid: '$postgres' };
/** Schema of the tables in the queries; the value of the variable `schema`. */
const defaultSchema = 'ai_trading';

/** The SDK has no builder for SQL; this is what Grafana's own editor writes. */
function sqlTarget(sql: string, format: 'table' | 'time_series', refId: string): cog.Builder<cog.Dataquery> {
  const target = {
    refId,
    datasource: postgresSource,
    editorMode: 'code',
    format,
    rawQuery: true,
    rawSql: sql,
  };
  return { build: () => target as unknown as cog.Dataquery };
}

function targetOf(query: PanelQuery, index: number): cog.Builder<cog.Dataquery> {
  const refId = String.fromCharCode('A'.charCodeAt(0) + index);
  if (isSql(query)) return sqlTarget(query.sql, query.format ?? 'table', refId);
  const target = new prometheus.DataqueryBuilder()
    .refId(refId)
    .datasource(prometheusSource)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(query.promql);
  if (query.legend !== undefined) target.legendFormat(query.legend);
  if (query.instant === true) return target.instant().format(prometheus.PromQueryFormat.Table);
  return target.range();
}

/** A panel of its kind with what only that kind has. */
function visualization(spec: PanelSpec) {
  const legend = new common.VizLegendOptionsBuilder()
    .displayMode(spec.width >= legendColumns ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true);
  switch (spec.kind) {
    case 'stat': {
      const panel = new stat.PanelBuilder().graphMode(common.BigValueGraphMode.Area);
      const shown = new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
      panel.reduceOptions(shown);
      if (spec.showNames === true) panel.textMode(common.BigValueTextMode.Name);
      return panel;
    }
    case 'table':
      return new table.PanelBuilder().filterable(true).cellHeight(common.TableCellHeight.Sm);
    case 'bargauge':
      return new bargauge.PanelBuilder().orientation(common.VizOrientation.Horizontal);
    case 'piechart':
      return new piechart.PanelBuilder();
    default: {
      const panel = new timeseries.PanelBuilder().legend(legend).showPoints(common.VisibilityMode.Auto);
      panel.tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
      if (spec.kind !== 'bars') return panel.fillOpacity(10);
      const stacked = new common.StackingConfigBuilder().mode(common.StackingMode.Normal);
      return panel.drawStyle(common.GraphDrawStyle.Bars).fillOpacity(80).stacking(stacked);
    }
  }
}

function panelOf(spec: PanelSpec, id: number, gridPos: dashboard.GridPos): cog.Builder<dashboard.Panel> {
  const panel = visualization(spec)
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .gridPos(gridPos)
    .datasource(spec.queries.every(isSql) ? postgresSource : prometheusSource)
    .targets(spec.queries.map(targetOf));
  if (spec.unit !== undefined) panel.unit(spec.unit);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.mayBeEmpty !== undefined) panel.noValue(`nothing: ${spec.mayBeEmpty}`);
  if (spec.thresholds !== undefined) {
    const steps = spec.thresholds.map(([value, color]) => ({ value, color }));
    panel.thresholds(
      new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps),
    );
  }
  if (spec.words !== undefined) {
    const options = Object.fromEntries(
      Object.entries(spec.words).map(([value, text], index) => [value, { text, index }]),
    );
    panel.mappings([{ type: dashboard.MappingType.ValueToText, options } as dashboard.ValueMap]);
  }
  return panel;
}

function annotationOf({ name, colour, sql }: AnnotationSpec): cog.Builder<dashboard.AnnotationQuery> {
  const annotation = {
    ...{ name, enable: true, hide: false, iconColor: colour, datasource: postgresSource },
    target: { refId: 'Anno', format: 'table', editorMode: 'code', rawQuery: true, rawSql: sql },
  };
  return { build: () => annotation as unknown as dashboard.AnnotationQuery };
}

/** Grafana's JSON of the dashboard. Throws RangeError when the panels of a row do not fit. */
export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const made = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(['ato'])
    .timezone('browser')
    .time({ from: spec.from, to: 'now' })
    .refresh('30s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(
      new dashboard.DatasourceVariableBuilder('prometheus').label('Prometheus').type('prometheus'),
    )
    .withVariable(
      new dashboard.DatasourceVariableBuilder('postgres').label('PostgreSQL').type(postgresSource.type),
    )
    .withVariable(new dashboard.ConstantVariableBuilder('schema').label('Schema').value(defaultSchema))
    .link(
      new dashboard.DashboardLinkBuilder('Other dashboards')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['ato'])
        .asDropdown(true)
        .keepTime(true),
    );
  for (const [name, label] of Object.entries(spec.textBoxes ?? {}))
    made.withVariable(new dashboard.TextBoxVariableBuilder(name).label(label).defaultValue(''));
  for (const annotation of spec.annotations ?? []) made.annotation(annotationOf(annotation));
  let id = 1;
  let y = 0;
  for (const row of spec.rows) {
    made.withRow(new dashboard.RowBuilder(row.title).id(id++).gridPos({ x: 0, y, w: columns, h: 1 }));
    y += 1;
    let x = 0;
    let tallest = 0;
    for (const panel of row.panels) {
      const h = panel.height ?? (panel.kind === 'stat' ? statHeight : defaultHeight);
      if (panel.width > columns) throw new RangeError(`${panel.title} is wider than a row`);
      if (x + panel.width > columns) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      made.withPanel(panelOf(panel, id++, { x, y, w: panel.width, h }));
      x += panel.width;
      tallest = Math.max(tallest, h);
    }
    y += tallest;
  }
  return made.build();
}
