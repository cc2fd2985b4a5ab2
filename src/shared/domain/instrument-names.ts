// Finds what a person probably meant by a symbol that cannot be read. It only suggests; it never corrects by itself.
import { cryptoQuotes, fiatCodes, metalCodes, stableCoins, wellKnownCoins } from './instrument-currencies.ts';

const maxSuggestions = 3;
/** Two slips of the finger; beyond that a suggestion is a guess. */
const maxDistance = 2;
/** Pairs people ask for most, best first; they win among equally near names. */
const favourites: readonly string[] = [
  ...['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'EURUSD', 'GBPUSD', 'USDJPY', 'XAUUSD', 'AUDUSD', 'USDCHF', 'USDCAD'],
  ...['NZDUSD', 'EURGBP', 'EURJPY', 'GBPJPY', 'XAGUSD'],
];

let candidates: readonly string[] | undefined;

/** Names of instruments nearest to the text, best first, at most three; none when nothing is near. */
export function nearestSymbols(text: string): readonly string[] {
  return [...new Set([...rank(text, allCandidates()), ...repairedQuotes(text)])].slice(0, maxSuggestions);
}

/** Forex pairs and metals one slip away from the text. */
export function forexOneSlipAway(text: string): readonly string[] {
  return rank(text, forexCandidates(), 1).slice(0, maxSuggestions);
}

function allCandidates(): readonly string[] {
  candidates ??= [
    ...new Set([
      ...favourites,
      ...wellKnownCoins.flatMap((coin) => ['USDT', 'USDC', 'USD', 'EUR', 'BTC'].map((quote) => coin + quote)),
      ...forexCandidates(),
    ]),
  ];
  return candidates;
}

let forexPairs: readonly string[] | undefined;

function forexCandidates(): readonly string[] {
  forexPairs ??= [
    ...favourites.filter((symbol) => symbol.length === 6),
    ...[...metalCodes].map((metal) => `${metal}USD`),
    ...[...fiatCodes].flatMap((base) =>
      [...fiatCodes].filter((quote) => quote !== base).map((quote) => base + quote),
    ),
  ];
  return forexPairs;
}

function rank(text: string, names: readonly string[], limit: number = maxDistance): readonly string[] {
  const near: { readonly name: string; readonly distance: number; readonly order: number }[] = [];
  for (const [order, name] of names.entries()) {
    if (Math.abs(name.length - text.length) > limit) continue;
    const distance = slips(text, name);
    if (distance > 0 && distance <= limit) near.push({ name, distance, order });
  }
  near.sort((left, right) => left.distance - right.distance || left.order - right.order);
  return near.map(({ name }) => name);
}

/** For coins not listed: the base as written, with a quote asset one slip away from the end of the text. */
function repairedQuotes(text: string): readonly string[] {
  const found: string[] = [];
  for (const quote of cryptoQuotes.filter((code) => stableCoins.has(code))) {
    for (const length of [quote.length, quote.length + 1, quote.length - 1]) {
      const base = text.slice(0, -length);
      if (base.length >= 2 && slips(text.slice(-length), quote) === 1) found.push(base + quote);
    }
  }
  return found;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two texts (optimal string alignment). */
export function slips(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
