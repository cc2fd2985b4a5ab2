// From words to assets and from assets to the symbols of the universe. Whole words only, longest phrase first; it
// must never find a ticker inside a word.
import { instrumentFor } from '../../../shared/domain/instrument.ts';
import { newsLimits } from '../../../shared/domain/news.ts';
import { assetAliases, currencyAssets } from './asset-aliases.ts';

interface Phrase {
  /** Null for a phrase that means none of our assets. */
  readonly asset: string | null;
  readonly words: readonly string[];
  readonly exact: boolean;
}

const maxTokens = 400;
/** Letters, digits, inner dots and apostrophes; a leading dollar sign stays with its word. */
const token = /\$?[\p{L}\p{N}]+(?:[.'’][\p{L}\p{N}]+)*/gu;
/** Codes that may stand on the other side of a pair without being an asset of ours. */
const pairOthers: ReadonlySet<string> = new Set(['BUSD', 'FDUSD', 'PERP', 'TRY', 'BRL', 'KRW']);

const strictTickers = new Set(
  assetAliases.filter((alias) => alias.ticker === 'strict').map(({ asset }) => asset),
);
const knownAssets = new Set(assetAliases.map(({ asset }) => asset));
const phrasesByFirstWord = indexPhrases();

/** Codes of the assets the text names, sorted. */
export function assetsIn(text: string): string[] {
  const found = new Set<string>();
  const tokens = [...text.matchAll(token)].slice(0, maxTokens);
  const words = tokens.map((match) => match[0].replaceAll('’', "'"));
  const lower = words.map((word) => word.toLowerCase());
  // Where everything is in capitals, capitals do not tell a ticker from a word.
  const shouting = !/\p{Ll}/u.test(text) && words.length > 3;
  for (let index = 0; index < words.length; ) {
    const phrase = longestPhrase(words, lower, index);
    if (phrase !== undefined) {
      if (phrase.asset !== null) found.add(phrase.asset);
      index += phrase.words.length;
      continue;
    }
    for (const asset of codesAt(text, tokens, index, shouting)) found.add(asset);
    index += 1;
  }
  return [...found].sort().slice(0, newsLimits.maxAssets);
}

/** Symbols whose base is one of the assets, or for currency pairs either side; sorted. */
export function symbolsOf(assets: readonly string[], universe: readonly string[]): string[] {
  const wanted = new Set(assets);
  const concerned = universe.filter((symbol) => {
    const instrument = instrumentFor(symbol);
    if (instrument === undefined) return false;
    if (wanted.has(instrument.base)) return true;
    return instrument.assetClass === 'forex' && wanted.has(instrument.quote);
  });
  return [...new Set(concerned)].sort().slice(0, newsLimits.maxSymbols);
}

/** True for a code of the dictionary, for assets that a feed names itself. */
export function isKnownAsset(code: string): boolean {
  return knownAssets.has(code);
}

function indexPhrases(): ReadonlyMap<string, readonly Phrase[]> {
  const index = new Map<string, Phrase[]>();
  const add = (text: string, asset: string | null, exact: boolean) => {
    const words = (text.match(token) ?? []).map((word) => (exact ? word : word.toLowerCase()));
    const first = words[0]?.toLowerCase() ?? '';
    index.set(first, [...(index.get(first) ?? []), { asset, words, exact }]);
  };
  for (const alias of assetAliases) {
    for (const text of alias.phrases) add(text, alias.asset, false);
    for (const text of alias.exact ?? []) add(text, alias.asset, true);
    for (const text of alias.not ?? []) add(text, null, false);
  }
  // A phrase that is an asset of its own (bitcoin cash) beats the same words as somebody else's exception.
  for (const phrases of index.values())
    phrases.sort(
      (a, b) => b.words.length - a.words.length || Number(a.asset === null) - Number(b.asset === null),
    );
  return index;
}

function longestPhrase(words: readonly string[], lower: readonly string[], at: number): Phrase | undefined {
  // A possessive belongs to its word: "Ethereum's".
  const plain = (word: string | undefined) => word?.replace(/'s$/i, '');
  return phrasesByFirstWord
    .get(plain(lower[at]) ?? '')
    ?.find((phrase) =>
      phrase.words.every((word, offset) => plain((phrase.exact ? words : lower)[at + offset]) === word),
    );
}

function codesAt(
  text: string,
  tokens: readonly RegExpExecArray[],
  index: number,
  shouting: boolean,
): readonly string[] {
  const match = tokens[index];
  if (match === undefined) return [];
  const word = match[0].replace(/['’]s$/, '');
  if (word.startsWith('$')) {
    const code = word.slice(1).toUpperCase();
    return /^\$[A-Za-z]/.test(word) && knownAssets.has(code) && !currencyAssets.has(code) ? [code] : [];
  }
  if (!/^[A-Z][A-Z0-9]{1,11}$/.test(word)) return [];
  const joined = pairCodes(word);
  if (joined.length > 0) return joined;
  if (!knownAssets.has(word)) return [];
  if (isInPair(text, tokens, index)) return [word];
  if (strictTickers.has(word)) return [];
  return shouting && word.length === 3 && !['BTC', 'ETH', 'XRP', 'EUR', 'USD', 'GBP', 'JPY'].includes(word)
    ? []
    : [word];
}

/** EURUSD and BTCUSDT written as one word. */
function pairCodes(word: string): readonly string[] {
  const instrument = instrumentFor(word);
  if (instrument === undefined || !knownAssets.has(instrument.base)) return [];
  if (instrument.assetClass === 'forex') return [instrument.base, instrument.quote];
  return ['USDT', 'USDC', 'USD'].includes(instrument.quote) ? [instrument.base] : [];
}

/** EUR/USD, SOL-USDT: a code joined to another code by a slash or a hyphen. */
function isInPair(text: string, tokens: readonly RegExpExecArray[], index: number): boolean {
  const isCode = (at: number) => {
    const word = tokens[at]?.[0];
    return word !== undefined && (knownAssets.has(word) || pairOthers.has(word));
  };
  const joinedAt = (left: number, right: number) => {
    const before = tokens[left];
    const behind = tokens[right];
    if (before === undefined || behind === undefined) return false;
    return /^[/-]$/.test(text.slice(before.index + before[0].length, behind.index));
  };
  return (
    (isCode(index + 1) && joinedAt(index, index + 1)) || (isCode(index - 1) && joinedAt(index - 1, index))
  );
}
