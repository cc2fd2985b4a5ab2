// Candles of one symbol with the analyst's signals and the fills drawn on them.
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
} from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { marksOf, seconds } from '../chart-data.ts';
import { chartOptions, onSchemeChange, type Palette, readPalette } from '../chart-theme.ts';
import type { Feed } from '../feed.ts';
import { formatPercent, formatPrice, formatSpan, priceDigits } from '../format.ts';
import { t, useLanguage } from '../i18n.ts';
import type { Candle } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Empty, Panel } from '../ui.tsx';

const minuteMs = 60_000;

interface Drawing {
  readonly chart: IChartApi;
  readonly candles: ISeriesApi<'Candlestick'>;
  readonly volume: ISeriesApi<'Histogram'>;
  readonly marks: ISeriesMarkersPluginApi<Time>;
}

function draw(element: HTMLElement, palette: Palette, locale: string): Drawing {
  const chart = createChart(element, chartOptions(palette, locale));
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: palette.up,
    downColor: palette.down,
    wickUpColor: palette.up,
    wickDownColor: palette.down,
    borderVisible: false,
  });
  const volume = chart.addSeries(HistogramSeries, {
    color: palette.grid,
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
  return { chart, candles, volume, marks: createSeriesMarkers(candles, []) };
}

/** Writes the candles into the chart; only the last one when nothing else is new. */
function fillIn(drawing: Drawing, candles: readonly Candle[], before: readonly Candle[]): void {
  const bar = (row: Candle) => ({
    time: seconds(row.openTime),
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
  });
  const column = (row: Candle) => ({ time: seconds(row.openTime), value: row.volume ?? 0 });
  const last = candles.at(-1);
  if (
    last !== undefined &&
    candles.length > 1 &&
    candles.length === before.length + 1 &&
    before[0] === candles[0]
  ) {
    drawing.candles.update(bar(last));
    drawing.volume.update(column(last));
    return;
  }
  const digits = last === undefined ? 2 : priceDigits(last.close);
  drawing.candles.applyOptions({ priceFormat: { type: 'price', precision: digits, minMove: 10 ** -digits } });
  drawing.candles.setData(candles.map(bar));
  drawing.volume.setData(candles.map(column));
  drawing.chart.timeScale().setVisibleLogicalRange({ from: candles.length - 160, to: candles.length + 4 });
}

function Chart({ symbol }: { symbol: string }) {
  const language = useLanguage();
  const element = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const shown = useRef<readonly Candle[]>([]);
  const candles = useDashboard((state) => state.candles);
  const signals = useDashboard((state) => state.signals);
  const fills = useDashboard((state) => state.fills);

  const paint = () => {
    const at = drawing.current;
    if (at === null) return;
    if (shown.current !== candles) fillIn(at, candles, shown.current);
    shown.current = candles;
    const ofSymbol = <Row extends { symbol: string | null }>(list: readonly Row[]) =>
      list.filter((row) => row.symbol === symbol);
    at.marks.setMarkers(marksOf(candles, ofSymbol(signals), ofSymbol(fills), readPalette()));
  };
  const latestPaint = useRef(paint);
  latestPaint.current = paint;

  useEffect(() => {
    const make = () => {
      drawing.current?.chart.remove();
      if (element.current === null) return;
      drawing.current = draw(element.current, readPalette(), language);
      shown.current = [];
      latestPaint.current();
    };
    make();
    const stop = onSchemeChange(make);
    return () => {
      stop();
      drawing.current?.chart.remove();
      drawing.current = null;
    };
  }, [language, symbol]);
  useEffect(paint, [candles, signals, fills, symbol]);

  return (
    <div class="chart" role="img" aria-label={t('chartLabel', { symbol })}>
      <div class="canvas" ref={element} />
      {candles.length === 0 && <Empty part="candles" word="noCandles" />}
    </div>
  );
}

function LastPrice() {
  const last = useDashboard((state) => state.candles.at(-1));
  const before = useDashboard((state) => state.candles.at(-61));
  const quoted = useDashboard((state) => state.lastPrice);
  const price = quoted ?? last?.close;
  if (price === undefined) return null;
  const change = before === undefined ? null : (price / before.close - 1) * 100;
  return (
    <span class="last-price">
      <b class="big">{formatPrice(price)}</b>
      {change !== null && (
        <span class={change < 0 ? 'bad' : 'good'}>
          {`${change < 0 ? '▼' : '▲'} ${formatPercent(Math.abs(change))} / ${formatSpan(60 * minuteMs)}`}
        </span>
      )}
    </span>
  );
}

export function PriceChart({ feed }: { feed: Feed }) {
  const symbol = useDashboard((state) => state.symbol);
  const known = useDashboard((state) => state.overview.symbols);
  const sources = useDashboard((state) => state.sources);
  const positions = useDashboard((state) => state.positions);
  const signals = useDashboard((state) => state.signals);
  const all = [
    ...known,
    ...sources.flatMap((row) => row.symbols),
    ...positions.flatMap((row) => row.symbol ?? []),
    ...signals.flatMap((row) => row.symbol ?? []),
    ...(symbol === null ? [] : [symbol]),
  ];
  const symbols = [...new Set(all)].sort();
  const aside = (
    <div class="chart-aside">
      <LastPrice />
      <span class="legend" aria-hidden="true">
        <i class="signal-mark">●</i> {t('legendSignal')} <i class="buy-mark">▲</i>
        <i class="sell-mark">▼</i> {t('legendFill')}
      </span>
      <label class="picker">
        <span class="hidden">{t('symbol')}</span>
        <select value={symbol ?? ''} onChange={(event) => feed.showSymbol(event.currentTarget.value)}>
          {symbols.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
  return (
    <Panel area="price" title={t('price')} part="candles" aside={aside}>
      {symbol === null ? <p class="empty">{t('noSymbol')}</p> : <Chart symbol={symbol} key={symbol} />}
    </Panel>
  );
}
