// Foreign text made harmless: markup removed, entities decoded once, invisible characters gone, length bounded.
// It must never guess at meaning, and its cost must stay linear whatever the text.

/** Nothing beyond this many characters of one raw text is looked at. */
const maxRawChars = 65_536;
const maxCombiningMarks = 2;
const maxUrlChars = 1_000;

const spacing = /[\t\n\v\f\r\u0085\p{Zs}\p{Zl}\p{Zp}\u2800]+/gu;
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;
const stackedMarks = new RegExp(`(\\p{M}{${maxCombiningMarks}})\\p{M}+`, 'gu');

/** Elements whose content is not text. */
const contentless: ReadonlySet<string> = new Set([
  'script',
  'style',
  'template',
  'iframe',
  'object',
  'svg',
  'noscript',
  'head',
]);
/** Elements that do not part words. */
const inline: ReadonlySet<string> = new Set([
  'a',
  'abbr',
  'b',
  'em',
  'font',
  'i',
  'mark',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'u',
]);

const namedEntities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['copy', '©'],
  ['reg', '®'],
  ['trade', '™'],
  ['hellip', '…'],
  ['mdash', '—'],
  ['ndash', '–'],
  ['lsquo', '‘'],
  ['rsquo', '’'],
  ['sbquo', '‚'],
  ['ldquo', '“'],
  ['rdquo', '”'],
  ['bdquo', '„'],
  ['laquo', '«'],
  ['raquo', '»'],
  ['bull', '•'],
  ['middot', '·'],
  ['euro', '€'],
  ['pound', '£'],
  ['yen', '¥'],
  ['cent', '¢'],
  ['sect', '§'],
  ['deg', '°'],
  ['plusmn', '±'],
  ['times', '×'],
  ['frac12', '½'],
  ['percnt', '%'],
  ['dollar', '$'],
  ['num', '#'],
  ['excl', '!'],
  ['auml', 'ä'],
  ['ouml', 'ö'],
  ['uuml', 'ü'],
  ['Auml', 'Ä'],
  ['Ouml', 'Ö'],
  ['Uuml', 'Ü'],
  ['szlig', 'ß'],
  ['eacute', 'é'],
  ['egrave', 'è'],
  ['agrave', 'à'],
  ['ccedil', 'ç'],
  ['ntilde', 'ñ'],
]);
const entity = /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z][a-z0-9]{1,9}));/gi;

/** One line of visible text, at most `maxChars` UTF-16 units, an ellipsis where it was cut. */
export function cleanText(raw: string, maxChars: number): string {
  const visible = removeInvisible(raw.slice(0, maxRawChars));
  const text = removeInvisible(decodeEntitiesOnce(stripMarkup(visible)));
  const plain = stripMarkup(text).replace(/<(?=[A-Za-z/!?])/g, '‹');
  return bounded(plain.replace(/ {2,}/g, ' ').trim(), maxChars);
}

function removeInvisible(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(spacing, ' ')
    .replace(invisible, '')
    .replace(stackedMarks, '$1');
}

function decodeEntitiesOnce(text: string): string {
  return text.replace(entity, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return namedEntities.get(name) ?? namedEntities.get(name.toLowerCase()) ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return '\ufffd';
    return String.fromCodePoint(point);
  });
}

/** Removes tags, comments and elements without text. An unclosed one takes the rest of the text with it. */
function stripMarkup(text: string): string {
  if (!text.includes('<')) return text;
  const lower = text.toLowerCase();
  let kept = '';
  let index = 0;
  while (index < text.length) {
    const open = text.indexOf('<', index);
    if (open === -1) return kept + text.slice(index);
    kept += text.slice(index, open);
    if (!/[a-z/!?]/.test(lower[open + 1] ?? '')) {
      kept += '<';
      index = open + 1;
      continue;
    }
    const { end, joins } = markupEnd(lower, open);
    if (!joins) kept += ' ';
    index = end;
  }
  return kept;
}

function markupEnd(lower: string, open: number): { readonly end: number; readonly joins: boolean } {
  if (lower.startsWith('<!--', open)) return { end: after(lower, '-->', open + 4), joins: false };
  const name = /^\/?([a-z][a-z0-9]*)/.exec(lower.slice(open + 1, open + 33))?.[1] ?? '';
  const closing = lower[open + 1] === '/';
  if (contentless.has(name) && !closing) {
    const close = lower.indexOf(`</${name}`, open);
    return { end: close === -1 ? lower.length : after(lower, '>', close), joins: false };
  }
  return { end: after(lower, '>', open), joins: inline.has(name) };
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

function bounded(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  // A cut through a surrogate pair would leave half a character.
  const cut = text.slice(0, Math.max(0, maxChars - 1)).replace(/[\ud800-\udbff]$/, '');
  return `${cut.trimEnd()}…`;
}

/** Parameters that say who shared a link, not what it shows. */
const trackingParameter = /^(utm_|fbclid$|gclid$|mc_cid$|mc_eid$|ref$|ref_src$|cmpid$|ncid$)/i;

/** The address without credentials, fragment and tracking; null for anything that is not plain http or https. */
export function cleanUrl(raw: string | null | undefined): string | null {
  if (raw === null || raw === undefined || raw.length > 4 * maxUrlChars) return null;
  if (!URL.canParse(raw.trim())) return null;
  const url = new URL(raw.trim());
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') return null;
  url.username = '';
  url.password = '';
  url.hash = '';
  for (const name of [...url.searchParams.keys()])
    if (trackingParameter.test(name)) url.searchParams.delete(name);
  return url.href.length <= maxUrlChars && /^[\x21-\x7e]+$/.test(url.href) && !/<[a-z/!?]/i.test(url.href)
    ? url.href
    : null;
}
