// Safety records of the DEX tokens in the universe, merged from what sources say, one small row per token.
// It must never invent a field: what nobody said stays unknown, and unknown counts as unsafe.
import type { StateReader, Turn } from '../kernel/agent.ts';
import type { CandidateBatch, CandidateFacts } from '../shared/domain/candidate.ts';
import { type EpochMs, minuteMs } from '../shared/domain/time.ts';
import type { TokenRecord } from '../shared/domain/token-safety.ts';

const rowPrefix = 'trading_ai/token/';
/** A record in which only counts moved is written again when it is this old; half of what makes it stale. */
const refreshMs = 5 * minuteMs;

export class TokenBook {
  readonly #records = new Map<string, TokenRecord>();

  restore(state: StateReader): void {
    for (const [key, row] of state.all('agent_memory'))
      if (key.startsWith(rowPrefix)) this.#records.set(key.slice(rowPrefix.length), row.value as TokenRecord);
  }

  get(symbol: string): TokenRecord | undefined {
    return this.#records.get(symbol);
  }

  /** Takes what a batch says of tokens in the universe; other tokens are none of trading's business. */
  observe(batch: CandidateBatch, universe: readonly string[], turn: Turn): void {
    for (const { chain, address, facts } of batch.observations) {
      const symbol = `${chain}:${address}`;
      if (!universe.includes(symbol)) continue;
      const known = this.#records.get(symbol);
      const next = merged(known, facts, turn.now);
      if (known !== undefined && !isWorthWriting(known, next)) continue;
      this.#records.set(symbol, next);
      turn.put('agent_memory', rowPrefix + symbol, { agent: 'trading_ai', value: next });
    }
  }
}

function merged(known: TokenRecord | undefined, facts: CandidateFacts, now: EpochMs): TokenRecord {
  return {
    mint_authority: facts.mint_authority ?? known?.mint_authority ?? 'unknown',
    freeze_authority: facts.freeze_authority ?? known?.freeze_authority ?? 'unknown',
    liquidity_lock: facts.liquidity_lock ?? known?.liquidity_lock ?? 'unknown',
    liquidity_usd: facts.liquidity_usd ?? known?.liquidity_usd ?? 'unknown',
    top_10_holders_pct: facts.top_10_holders_pct ?? known?.top_10_holders_pct ?? 'unknown',
    created_at: facts.created_at ?? known?.created_at ?? 'unknown',
    buys_h24: facts.buys_h24 ?? known?.buys_h24 ?? 'unknown',
    sells_h24: facts.sells_h24 ?? known?.sells_h24 ?? 'unknown',
    checked_at: facts.liquidity_usd === undefined ? (known?.checked_at ?? 0) : now,
  };
}

/** Dangers are written at once; a liquidity that falls by a tenth too. */
function isWorthWriting(known: TokenRecord, next: TokenRecord): boolean {
  if (next.checked_at - known.checked_at >= refreshMs) return true;
  if (typeof known.liquidity_usd === 'number' && typeof next.liquidity_usd === 'number') {
    if (next.liquidity_usd < 0.9 * known.liquidity_usd) return true;
  } else if (known.liquidity_usd !== next.liquidity_usd) return true;
  return (
    known.mint_authority !== next.mint_authority ||
    known.freeze_authority !== next.freeze_authority ||
    known.liquidity_lock !== next.liquidity_lock ||
    known.top_10_holders_pct !== next.top_10_holders_pct ||
    known.created_at !== next.created_at
  );
}
