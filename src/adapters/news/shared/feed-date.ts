// Instants as feeds write them: RFC 822 and ISO 8601. Anything else is unknown, never guessed.
import type { EpochMs } from '../../../shared/domain/time.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** The zones RFC 822 names, in minutes east of UTC. */
const zones: Readonly<Record<string, number>> = {
  gmt: 0,
  ut: 0,
  utc: 0,
  z: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
};
const maxDateChars = 64;
const rfc822 =
  /^(?:[a-z]{3,9},?\s+)?(\d{1,2})\s+([a-z]{3,9})\.?\s+(\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([a-z]{1,3}|[+-]\d{2}:?\d{2})$/i;
const iso8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(z|[+-]\d{2}:?\d{2}))?$/i;

/** Milliseconds since 1970, or null when the text is not a date with a zone (a bare ISO day is UTC midnight). */
export function parseFeedDate(text: string | null | undefined): EpochMs | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '' || trimmed.length > maxDateChars) return null;
  const iso = iso8601.exec(trimmed);
  if (iso !== null) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', zone = 'z'] = iso;
    return instant(Number(year), Number(month), Number(day), [hour, minute, second], zone);
  }
  const mail = rfc822.exec(trimmed);
  if (mail === null) return null;
  const [, day, monthName = '', yearText = '', hour = '0', minute = '0', second = '0', zone = ''] = mail;
  const month = months.indexOf(monthName.slice(0, 3).toLowerCase()) + 1;
  const year = yearText.length === 4 ? Number(yearText) : 2_000 + Number(yearText);
  return instant(year, month, Number(day), [hour, minute, second], zone);
}

function instant(
  year: number,
  month: number,
  day: number,
  [hour, minute, second]: readonly [string, string, string],
  zone: string,
): EpochMs | null {
  const offset = zoneMinutes(zone);
  if (offset === null || year < 1970 || year > 2199 || month < 1 || day < 1) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // The 31st of April would silently become the 1st of May.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return null;
  const at =
    midnight.getTime() + ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1_000;
  return at >= 0 ? at : null;
}

function zoneMinutes(zone: string): number | null {
  const named = zones[zone.toLowerCase()];
  if (named !== undefined) return named;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (minutes > 14 * 60) return null;
  return match[1] === '-' ? -minutes : minutes;
}
