// Colours and number formats of the charts, read from the style sheet so that both themes stay in one place.
import { type ChartOptions, ColorType, type DeepPartial } from 'lightweight-charts';

export interface Palette {
  readonly text: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  readonly accent: string;
  readonly accentSoft: string;
  readonly accentNone: string;
  readonly warn: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of('--muted'),
    grid: of('--grid'),
    up: of('--good'),
    down: of('--bad'),
    accent: of('--accent'),
    accentSoft: of('--accent-soft'),
    accentNone: of('--accent-none'),
    warn: of('--warn'),
  };
}

export function chartOptions(palette: Palette, locale: string): DeepPartial<ChartOptions> {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: 'transparent' },
      textColor: palette.text,
      fontSize: 11,
      fontFamily: getComputedStyle(document.body).fontFamily,
      // The logo adds a style element, which the page's policy forbids; the footer carries the attribution.
      attributionLogo: false,
    },
    grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
    rightPriceScale: { borderColor: palette.grid },
    timeScale: { borderColor: palette.grid, timeVisible: true, secondsVisible: false },
    localization: { locale },
    // The wheel and an upward swipe belong to the page; dragging and pinching belong to the chart.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  };
}

/** Calls `changed` when the person's colour scheme changes; returns how to stop. */
export function onSchemeChange(changed: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: light)');
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}
