// Lines of the house's candle files: written, and read back tolerantly where a crash may have torn the end.
import type { Candle } from '../../../shared/domain/candle.ts';

export const tapeHeader = 'time,open,high,low,close,volume';

/** One line with its line break; numbers as JavaScript writes them, which reads back to the same float. */
export function tapeLine(candle: Omit<Candle, 'symbol' | 'timeframe'>): string {
  const { openTime, open, high, low, close, volume } = candle;
  return `${openTime},${open},${high},${low},${close},${volume}\n`;
}

const wholeLine = /^(\d{12,13})(?:,\d+(?:\.\d+)?(?:e[+-]?\d+)?){5}$/;

export interface RepairedRows {
  /** Lines by open time, in time order, each without its line break. */
  readonly lines: readonly string[];
  readonly lastOpenTime: number | undefined;
  /** Lines that were torn, unreadable or given before. */
  readonly dropped: number;
}

/**
 * Whole lines of one or more texts of the same series, sorted and without repeats; the first text wins. What follows
 * the last line break of a text is torn and left out, because half a number still looks like one.
 */
export function repairRows(texts: readonly string[]): RepairedRows {
  const byTime = new Map<number, string>();
  let dropped = 0;
  for (const text of texts) {
    const end = text.lastIndexOf('\n');
    if (end < text.length - 1) dropped += 1;
    for (const line of text.slice(0, Math.max(end, 0)).split('\n')) {
      if (line === tapeHeader || line === '') continue;
      const time = Number(wholeLine.exec(line)?.[1]);
      if (Number.isNaN(time) || byTime.has(time)) dropped += 1;
      else byTime.set(time, line);
    }
  }
  const times = [...byTime.keys()].sort((left, right) => left - right);
  return { lines: times.map((time) => byTime.get(time) ?? ''), lastOpenTime: times.at(-1), dropped };
}

/** A whole file's text. */
export function tapeText(lines: readonly string[]): string {
  return [tapeHeader, ...lines, ''].join('\n');
}
