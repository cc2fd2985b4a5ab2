// What providers say in headers about what is left. Anything that is not a plain bounded number is left out.
import type { RateWindow } from '../../../shared/domain/model.ts';

export type Headers = Readonly<Record<string, string>>;

/** No provider grants more; a larger number is not believed. */
const maxCount = 1_000_000_000;
const maxWaitMs = 24 * 3_600_000;
const durationPattern =
  /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,8}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;
const unitsMs = [86_400_000, 3_600_000, 60_000, 1_000, 1];

/** "2m59.56s", "6m30s", "120ms", or plain seconds, as milliseconds; null when it is none of these. */
function durationMs(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  if (/^\d{1,8}(\.\d{1,9})?$/.test(text)) return bounded(Number(text) * 1_000);
  const found = durationPattern.exec(text);
  if (found === null) return null;
  return bounded(unitsMs.reduce((sum, unit, index) => sum + unit * Number(found[index + 1] ?? 0), 0));
}

function bounded(ms: number): number {
  return Math.min(maxWaitMs, Math.ceil(ms));
}

function count(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,12}$/.test(text)) return null;
  const value = Number(text);
  return value <= maxCount ? value : null;
}

/** The `x-ratelimit-*` headers; `requestWindow` is what the provider counts requests by. */
export function openAiWindows(headers: Headers, requestWindow: 'minute' | 'day'): RateWindow[] {
  return (['requests', 'tokens'] as const).flatMap((resource) => {
    const remaining = count(headers[`x-ratelimit-remaining-${resource}`]);
    const limit = count(headers[`x-ratelimit-limit-${resource}`]);
    if (remaining === null && limit === null) return [];
    const window = resource === 'requests' ? requestWindow : 'minute';
    return [
      {
        resource,
        window,
        limit,
        remaining,
        resets_in_ms: durationMs(headers[`x-ratelimit-reset-${resource}`]),
      },
    ];
  });
}

/** The `anthropic-ratelimit-*` headers; resets are instants, measured from the answer's own date. */
export function anthropicWindows(headers: Headers): RateWindow[] {
  const now = Date.parse(headers.date ?? '');
  const from = Number.isNaN(now) ? Date.now() : now;
  return (['requests', 'tokens'] as const).flatMap((resource) => {
    const remaining = count(headers[`anthropic-ratelimit-${resource}-remaining`]);
    const limit = count(headers[`anthropic-ratelimit-${resource}-limit`]);
    if (remaining === null && limit === null) return [];
    const reset = Date.parse(headers[`anthropic-ratelimit-${resource}-reset`] ?? '');
    const resets_in_ms = Number.isNaN(reset) ? null : bounded(Math.max(0, reset - from));
    return [{ resource, window: 'minute', limit, remaining, resets_in_ms } as const];
  });
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date; null when neither can be read. */
export function retryAfterMs(headers: Headers): number | null {
  const exact = headers['retry-after-ms'];
  if (exact !== undefined && /^\d{1,9}(\.\d+)?$/.test(exact)) return bounded(Number(exact));
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const seconds = durationMs(text);
  if (seconds !== null) return seconds;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : bounded(Math.max(0, date - Date.now()));
}
