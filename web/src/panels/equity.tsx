// The equity curve with its running peak.
import { AreaSeries, createChart, type IChartApi, type ISeriesApi, LineSeries } from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { curveOf } from '../chart-data.ts';
import { chartOptions, onSchemeChange, readPalette } from '../chart-theme.ts';
import { formatMoney, formatPercent } from '../format.ts';
import { t, useLanguage } from '../i18n.ts';
import type { EquityPoint } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Empty, Panel } from '../ui.tsx';

interface Drawing {
  readonly chart: IChartApi;
  readonly equity: ISeriesApi<'Area'>;
  readonly peak: ISeriesApi<'Line'>;
}

function draw(element: HTMLElement, locale: string): Drawing {
  const palette = readPalette();
  const chart = createChart(element, {
    ...chartOptions(palette, locale),
    rightPriceScale: { borderColor: palette.grid, scaleMargins: { top: 0.12, bottom: 0.08 } },
    handleScroll: false,
    handleScale: false,
  });
  const peak = chart.addSeries(LineSeries, {
    color: palette.warn,
    lineWidth: 1,
    lineStyle: 2,
    lastValueVisible: false,
    priceLineVisible: false,
    crosshairMarkerVisible: false,
  });
  const equity = chart.addSeries(AreaSeries, {
    lineColor: palette.accent,
    topColor: palette.accentSoft,
    bottomColor: palette.accentNone,
    lineWidth: 2,
    priceLineVisible: false,
  });
  return { chart, equity, peak };
}

function Curve({ points }: { points: readonly EquityPoint[] }) {
  const language = useLanguage();
  const element = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const paint = () => {
    const at = drawing.current;
    if (at === null) return;
    at.peak.setData(curveOf(points, (point) => point.peak_equity));
    at.equity.setData(curveOf(points, (point) => point.equity));
    at.chart.timeScale().fitContent();
  };
  const latestPaint = useRef(paint);
  latestPaint.current = paint;
  useEffect(() => {
    const make = () => {
      drawing.current?.chart.remove();
      if (element.current === null) return;
      drawing.current = draw(element.current, language);
      latestPaint.current();
    };
    make();
    const stop = onSchemeChange(make);
    return () => {
      stop();
      drawing.current?.chart.remove();
      drawing.current = null;
    };
  }, [language]);
  useEffect(paint, [points]);
  return <div class="canvas" ref={element} />;
}

export function Equity() {
  const points = useDashboard((state) => state.equity);
  const last = points.at(-1);
  const aside = last !== undefined && (
    <span class="last-price">
      <b class="big">{formatMoney(last.equity)}</b>
      <span class="muted">
        {t('drawdown')} {formatPercent(last.drawdown_pct)}
      </span>
    </span>
  );
  return (
    <Panel area="equity" title={t('equity')} part="equity" aside={aside}>
      <div class="chart" role="img" aria-label={t('equityLabel')}>
        {points.length === 0 ? <Empty part="equity" word="noEquity" /> : <Curve points={points} />}
      </div>
    </Panel>
  );
}
