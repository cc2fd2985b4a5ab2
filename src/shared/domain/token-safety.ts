// Whether a token of a decentralised exchange may be bought: every danger must be known to be absent. Pure.
// Unknown counts as unsafe; nothing a stranger wrote about a token is read here.
import { type EpochMs, minuteMs } from './time.ts';

type Known<Value> = Value | 'unknown';

/** What is known of one token. Sources that do not speak of a field leave it unknown. */
export interface TokenRecord {
  /** Whether somebody can still make new tokens, or freeze accounts that hold them. */
  readonly mint_authority: Known<'renounced' | 'held'>;
  readonly freeze_authority: Known<'renounced' | 'held'>;
  readonly liquidity_lock: Known<'burned' | 'locked' | 'unlocked'>;
  readonly liquidity_usd: Known<number>;
  readonly top_10_holders_pct: Known<number>;
  readonly created_at: Known<EpochMs>;
  readonly buys_h24: Known<number>;
  readonly sells_h24: Known<number>;
  /** When the liquidity was last told. */
  readonly checked_at: EpochMs;
}

interface TokenLimits {
  readonly min_liquidity_usd: number;
  readonly max_top_10_holders_pct: number;
  readonly min_age_minutes: number;
  /** Sells among all trades of a day; where nobody can sell, nobody does. */
  readonly min_sell_share: number;
  readonly max_record_age_ms: number;
}

const tokenLimits: TokenLimits = {
  min_liquidity_usd: 20_000,
  max_top_10_holders_pct: 30,
  min_age_minutes: 60,
  min_sell_share: 0.1,
  max_record_age_ms: 15 * minuteMs,
};

export interface TokenDanger {
  /** Name of the rule with its limit, such as `liquidity_usd at least 20000`. */
  readonly limit: string;
  readonly actual: string | number;
}

/** The first danger that is present or cannot be ruled out; undefined when all are known to be absent. */
export function tokenDanger(
  record: TokenRecord | undefined,
  now: EpochMs,
  limits: TokenLimits = tokenLimits,
): TokenDanger | undefined {
  if (record === undefined) return { limit: 'a safety record', actual: 'unknown' };
  const age = now - record.checked_at;
  if (!(age <= limits.max_record_age_ms))
    return { limit: `safety record younger than ${limits.max_record_age_ms} ms`, actual: age };
  const { buys_h24: buys, sells_h24: sells, created_at } = record;
  const minutes = created_at === 'unknown' ? 'unknown' : Math.floor((now - created_at) / minuteMs);
  const known = buys !== 'unknown' && sells !== 'unknown' && buys + sells > 0;
  return (
    mustBe('mint_authority', record.mint_authority, ['renounced']) ??
    mustBe('freeze_authority', record.freeze_authority, ['renounced']) ??
    mustBe('liquidity_lock', record.liquidity_lock, ['burned', 'locked']) ??
    atLeast('liquidity_usd', record.liquidity_usd, limits.min_liquidity_usd) ??
    atMost('top_10_holders_pct', record.top_10_holders_pct, limits.max_top_10_holders_pct) ??
    atLeast('age_minutes', minutes, limits.min_age_minutes) ??
    atLeast('sell_share', known ? sells / (buys + sells) : 'unknown', limits.min_sell_share)
  );
}

function mustBe(name: string, value: string, accepted: readonly string[]): TokenDanger | undefined {
  return accepted.includes(value) ? undefined : { limit: `${name} ${accepted.join(' or ')}`, actual: value };
}

function atLeast(name: string, value: Known<number>, limit: number): TokenDanger | undefined {
  const holds = value !== 'unknown' && value >= limit;
  return holds ? undefined : { limit: `${name} at least ${limit}`, actual: value };
}

function atMost(name: string, value: Known<number>, limit: number): TokenDanger | undefined {
  const holds = value !== 'unknown' && value <= limit;
  return holds ? undefined : { limit: `${name} at most ${limit}`, actual: value };
}
