// Numbers, times and spans as people read them. A missing value is always the given word, never 0 or an empty cell.

let locale = 'en-GB';
let unknownWord = 'unknown';

/** Sets how everything is written from now on; the caller re-renders. */
export function setFormat(nextLocale: string, nextUnknownWord: string): void {
  locale = nextLocale;
  unknownWord = nextUnknownWord;
  formats.clear();
}

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(minimum: number, maximum: number): Intl.NumberFormat {
  const key = `${minimum}:${maximum}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locale, {
    minimumFractionDigits: minimum,
    maximumFractionDigits: maximum,
  });
  formats.set(key, made);
  return made;
}

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

export function formatNumber(value: Maybe, digits = 2): string {
  return known(value) ? numberFormat(0, digits).format(value) : unknownWord;
}

/** Account money, always two decimals. */
export function formatMoney(value: Maybe): string {
  return known(value) ? numberFormat(2, 2).format(value) : unknownWord;
}

/** A term of a sum, with its sign. */
export function formatSigned(value: Maybe, digits = 3): string {
  if (!known(value)) return unknownWord;
  return `${value > 0 ? '+' : value < 0 ? '\u2212' : ''}${numberFormat(0, digits).format(Math.abs(value))}`;
}

export function formatSignedMoney(value: Maybe): string {
  if (!known(value)) return unknownWord;
  return `${value > 0 ? '+' : value < 0 ? '\u2212' : ''}${numberFormat(2, 2).format(Math.abs(value))}`;
}

/** Decimals that suit the size of a price: 61,234.50 but 1.08342. */
export function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size >= 1_000) return 2;
  if (size >= 10) return 3;
  if (size >= 0.1) return 5;
  return 8;
}

export function formatPrice(value: Maybe): string {
  if (!known(value)) return unknownWord;
  const digits = priceDigits(value);
  return numberFormat(Math.min(digits, 2), digits).format(value);
}

export function formatQuantity(value: Maybe): string {
  return formatNumber(value, 8);
}

/** A fraction 0..1 as percent. */
export function formatShare(value: Maybe, digits = 0): string {
  return known(value) ? `${numberFormat(digits, digits).format(value * 100)}\u202f%` : unknownWord;
}

/** A number that is already percent. */
export function formatPercent(value: Maybe, digits = 2): string {
  return known(value) ? `${numberFormat(digits, digits).format(value)}\u202f%` : unknownWord;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

export function formatBytes(value: Maybe): string {
  if (!known(value)) return unknownWord;
  let size = value;
  let unit = 0;
  while (size >= 1_000 && unit < byteUnits.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${numberFormat(0, size < 10 && unit > 0 ? 1 : 0).format(size)}\u202f${byteUnits[unit] ?? ''}`;
}

export function formatMilliseconds(value: Maybe): string {
  if (!known(value)) return unknownWord;
  const digits = value < 1 ? 3 : value < 10 ? 1 : 0;
  return `${numberFormat(0, digits).format(value)}\u202fms`;
}

/** A span in its two largest units: 42 s, 3 min 20 s, 2 h 05 min, 4 d 3 h. */
export function formatSpan(ms: Maybe): string {
  if (!known(ms)) return unknownWord;
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (minutes % 60 === 0 && hours < 48) return `${hours} h`;
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** UTC time of day; with the date when it is not the day of `now`. */
export function formatTime(at: Maybe, now?: number): string {
  if (!known(at) || Math.abs(at) > 8.64e15) return unknownWord;
  const iso = new Date(at).toISOString();
  const time = iso.slice(11, 19);
  const sameDay = now === undefined || new Date(now).toISOString().slice(0, 10) === iso.slice(0, 10);
  return sameDay ? time : `${iso.slice(5, 10)} ${time}`;
}

/** `increase_monitoring_frequency` as people say it. */
export function formatName(name: string | null | undefined): string {
  return name === null || name === undefined || name === '' ? unknownWord : name.replaceAll('_', ' ');
}

export function formatText(value: string | null | undefined): string {
  return value === null || value === undefined || value === '' ? unknownWord : value;
}
