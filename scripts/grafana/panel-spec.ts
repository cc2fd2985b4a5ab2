// What the dashboards are made of, as plain data: the builder turns it into Grafana's JSON, a test executes every query.

export interface PrometheusQuery {
  readonly promql: string;
  readonly legend?: string;
  /** Only the newest value, for tables and single figures. */
  readonly instant?: boolean;
}

export interface SqlQuery {
  /** `$__timeFilter(column)` is Grafana's; tables carry the schema as `$schema.`. */
  readonly sql: string;
  readonly format?: 'table' | 'time_series';
}

export type PanelQuery = PrometheusQuery | SqlQuery;

export interface PanelSpec {
  readonly kind: 'stat' | 'timeseries' | 'bars' | 'table' | 'bargauge' | 'piechart';
  readonly title: string;
  /** What a person reads from it, in one or two sentences. */
  readonly description: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** Colour steps from bad to good or back: [value, colour], the first value null. */
  readonly thresholds?: readonly (readonly [number | null, string])[];
  /** What single values mean in words. */
  readonly words?: Readonly<Record<string, string>>;
  /** Shows the series' names instead of their values. */
  readonly showNames?: boolean;
  readonly queries: readonly PanelQuery[];
  /** Why a healthy system may have nothing to show here; without it an empty answer is a failure of the test. */
  readonly mayBeEmpty?: string;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface AnnotationSpec {
  readonly name: string;
  readonly colour: string;
  readonly sql: string;
  readonly mayBeEmpty?: string;
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly rows: readonly RowSpec[];
  readonly annotations?: readonly AnnotationSpec[];
  /** Text boxes for SQL, by name with their label; empty means everything. */
  readonly textBoxes?: Readonly<Record<string, string>>;
}

export function isSql(query: PanelQuery): query is SqlQuery {
  return 'sql' in query;
}
