// All settings: one strict schema per part, defaults in one place, parsed once and frozen.
import { z } from 'zod';
import {
  type AgentSettings,
  defaultExitSettings,
  defaultRiskSettings,
  type ExitSettings,
} from '../domain/agent-settings.ts';
import { type CandidateLimits, defaultCandidateLimits } from '../domain/candidate-filters.ts';
import type { TargetStep } from '../domain/exit-plan.ts';
import { canonicalSymbol, dexChains } from '../domain/instrument.ts';
import { resolveSymbol, symbolProblemText } from '../domain/instrument-resolution.ts';
import { defaultLookSettings } from '../domain/look.ts';
import { parseSessionHours } from '../domain/session-rules.ts';
import { minuteMs, secondMs } from '../domain/time.ts';
import { taskRunnerChoices } from '../domain/workflow.ts';
import { alertEnvironment, alertSecrets } from './alert-settings.ts';
import { healingEnvironment } from './healing-settings.ts';
import { processSettingsShape } from './process-settings.ts';

const text = z.string().trim().min(1);
const secret = text.optional();

/** A number between two bounds; every mistake is answered with the same rule, said for a person. */
function numeric(lowest: number, highest: number, error = `use a number from ${lowest} to ${highest}`) {
  return z.coerce.number(error).min(lowest, error).max(highest, error);
}

function wholeNumber(lowest: number, highest: number) {
  const error = `use a whole number from ${lowest} to ${highest}`;
  return numeric(lowest, highest, error).int(error);
}

function percent(highest: number) {
  const error = `use a percentage above 0, at most ${highest}`;
  return numeric(0, highest, error).positive(error);
}

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, `use one of ${values.join(', ')}`);
}

const symbolList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map(canonicalSymbol)
      .filter((symbol) => symbol !== ''),
  )
  .refine((symbols) => symbols.length > 0, 'name at least one symbol, such as BTCUSDT,EURUSD')
  .refine((symbols) => symbols.length <= 1_000, 'at most 1,000 symbols')
  .superRefine((symbols, context) => {
    for (const symbol of symbols) {
      const resolved = resolveSymbol(symbol);
      if (resolved.instrument === undefined) context.addIssue(symbolProblemText(resolved));
    }
  });

const webAddress = z
  .string()
  .refine(
    (value) =>
      URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).username === '',
    'write it as http://host:port or https://host, without a user',
  );

/** Goes into a header as it is. */
const headerValue = text.regex(
  /^[\x21-\x7e]+( [\x21-\x7e]+)*$/,
  'use printable characters without line ends',
);
const maxTargetSteps = 20;
const targetStepRule = 'write age in minutes and profit in percent, such as 240:1,720:0.3; ages rising';

/** `240:1,720:0.3`: from 240 minutes on one per cent of profit is enough, from 720 on 0.3; undefined when unreadable. */
function parseTargetSteps(value: string): readonly TargetStep[] | undefined {
  const steps = value.split(',').map((part): TargetStep => {
    const match = /^\s*(\d{1,7}):(-?\d{1,3}(?:\.\d{1,4})?)\s*$/.exec(part);
    return { after_minutes: Number(match?.[1]), profit: Number(match?.[2]) / 100 };
  });
  const rising = steps.every((step, place) => {
    const before = steps[place - 1];
    return (
      Number.isFinite(step.profit) && (before === undefined || step.after_minutes > before.after_minutes)
    );
  });
  return rising && steps.length <= maxTargetSteps ? steps : undefined;
}

const targetSteps = z.string().refine((value) => parseTargetSteps(value) !== undefined, targetStepRule);

/** Such as `gpt-5.4-mini=0.75/4.5`: US dollars per million tokens in and out. */
const priceList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  )
  .refine(
    (entries) => entries.every((entry) => /^.{1,190}=\d{1,6}(\.\d{1,6})?\/\d{1,6}(\.\d{1,6})?$/.test(entry)),
    'write it as model=input/output in US dollars per million tokens, comma-separated, such as gpt-5.4-mini=0.75/4.5',
  );

const modelName = text.max(200, 'a model name has at most 200 characters');

const endpoint = z
  .url({ protocol: /^https?$/, error: 'write it as http://127.0.0.1:11434/v1' })
  .refine(
    (url) => !/[@?#]/.test(url),
    'leave user, password and anything after a ? out of it, use ATO_COMPATIBLE_API_KEY',
  );
const sessionHours = z.string().superRefine((value, context) => {
  try {
    parseSessionHours(value);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
  }
});
const chainList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((chain) => chain.trim().toLowerCase())
      .filter((chain, index, all) => chain !== '' && all.indexOf(chain) === index),
  )
  .refine(
    (chains) => chains.length > 0 && chains.every((chain) => dexChains.includes(chain)),
    `name one or more of ${dexChains.join(', ')}`,
  );

/** `binance=600,oanda=120` as a record. */
const callsPerHour = z
  .string()
  .transform((value) =>
    Object.fromEntries(
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .map((part): [string, number] => {
          const [name = '', calls = '', ...rest] = part.split('=').map((piece) => piece.trim());
          return [name, calls === '' || rest.length > 0 ? Number.NaN : Number(calls)];
        }),
    ),
  )
  .refine(
    (calls) =>
      Object.entries(calls).every(
        ([name, value]) => /^[a-z][a-z0-9_-]{0,31}$/.test(name) && value >= 0 && value <= 1_000_000,
      ),
    'write source names with calls per hour, such as binance=600,oanda=120',
  );

/** Names the users already have in their own files; every other setting of ours starts with ATO_. */
export const environmentSchema = z.object({
  ORCHESTRATOR_PORT: wholeNumber(0, 65_535).default(8080),
  BIND_ADDRESS: text.default('127.0.0.1'),
  // Anything else cannot be sent in an Authorization header as it is, and would lock everybody out.
  API_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'use at least 16 characters: English letters, digits and signs, no spaces')
    .optional(),
  LOG_LEVEL: oneOf(['DEBUG', 'INFO', 'WARNING', 'ERROR']).default('INFO'),
  LOG_DIR: text.default('logs/orchestrator'),
  DATA_DIR: text.default('data/orchestrator'),
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      'write it as postgres://user:password@host:5432/database, or leave it out for the embedded database',
    )
    .optional(),
  DATABASE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'lower-case letters, digits and underscores only')
    .default('ai_trading'),
  GROQ_API_KEY: secret,
  OPENAI_API_KEY: secret,
  ANTHROPIC_API_KEY: secret,
  TRADERMADE_API_KEY: secret,
  TRADERMADE_STREAM_KEY: secret,
  OANDA_API_KEY: secret,
  OANDA_ACCOUNT_ID: z
    .string()
    .regex(/^\d{1,4}-\d{1,4}-\d{1,12}-\d{1,4}$/, 'write it as OANDA shows it, such as 101-001-1234567-001')
    .optional(),
  BIRDEYE_API_KEY: secret,
  CRYPTOPANIC_API_KEY: secret,
  PUMPPORTAL_API_KEY: secret,
  ...alertEnvironment,
  TASK_RUNNER: oneOf(taskRunnerChoices).default('auto'),
  N8N_BASE_URL: webAddress.optional(),
  N8N_WEBHOOK_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'use letters, digits and hyphens')
    .default('X-Webhook-Token'),
  N8N_WEBHOOK_TOKEN: headerValue.optional(),
  N8N_API_KEY: headerValue.optional(),
  N8N_CALLBACK_SECRET: text.min(16, 'use at least 16 characters').optional(),
  N8N_CALLBACK_URL: webAddress.optional(),
  ATO_MODE: oneOf(['paper', 'live']).default('paper'),
  ATO_BROKER: oneOf(['paper', 'oanda', 'ccxt']).default('paper'),
  LIVE_TRADING_CONFIRM: secret,
  CCXT_API_KEY: secret,
  CCXT_API_SECRET: secret,
  CCXT_API_PASSPHRASE: secret,
  CCXT_ACCOUNT_ID: secret,
  ATO_CCXT_SANDBOX: oneOf(['yes', 'no']).default('yes'),
  ATO_BROKER_URL: z
    .string()
    .regex(
      /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/,
      'only an address of this machine, such as http://127.0.0.1:8099: keys are sent there',
    )
    .optional(),
  ATO_MARKET_SOURCE: oneOf(['auto', 'binance', 'ccxt', 'tape', 'synthetic']).default('auto'),
  ATO_CCXT_EXCHANGE: z
    .string()
    .regex(/^[a-z0-9]{2,40}$/, 'write the id of a ccxt exchange in lower case, such as kraken')
    .optional(),
  ATO_FOREX_SOURCE: oneOf(['auto', 'oanda', 'tradermade', 'synthetic']).default('auto'),
  ATO_OANDA_HOST: oneOf(['practice', 'live']).default('practice'),
  ATO_TRADERMADE_REQUESTS_PER_MONTH: wholeNumber(100, 100_000_000).default(1_000),
  ATO_TAPE_PATH: text.optional(),
  ATO_MARKET_SPEED: numeric(1, 100_000).default(1),
  ATO_UNIVERSE: symbolList.default(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'EURUSD', 'GBPUSD']),
  ATO_SESSION_HOURS: sessionHours.optional(),
  ATO_HOLIDAYS_FILE: text.optional(),
  ATO_NEWS: oneOf(['auto', 'off']).default('auto'),
  ATO_LOOKS_PER_HOUR: numeric(0, 3_600).default(defaultLookSettings.looks_per_hour),
  ATO_SOURCE_CALLS_PER_HOUR: callsPerHour.optional(),
  ATO_LOOK_CPU_SECONDS_PER_HOUR: numeric(0, 1_000_000).default(defaultLookSettings.cpu_seconds_per_hour),
  ATO_LOOK_MAX_INTERVAL_MIN: numeric(15, 1_440).default(defaultLookSettings.max_interval_ms / minuteMs),
  ATO_LEARNING: oneOf(['on', 'off']).default('on'),
  ATO_DISCOVERY: oneOf(['auto', 'on', 'off']).default('auto'),
  ATO_DISCOVERY_CHAINS: chainList.default(['solana']),
  ATO_CANDIDATE_MIN_LIQUIDITY_USD: numeric(0, 1_000_000_000_000).default(
    defaultCandidateLimits.min_liquidity_usd,
  ),
  ATO_CANDIDATE_MIN_VOLUME_USD: numeric(0, 1_000_000_000_000).default(
    defaultCandidateLimits.min_volume_h24_usd,
  ),
  ATO_CANDIDATE_MIN_AGE_MINUTES: numeric(0, 1_000_000_000_000).default(
    defaultCandidateLimits.min_age_minutes,
  ),
  ATO_SEED: wholeNumber(0, 2_147_483_647).default(1),
  ATO_PAPER_LATENCY_MS: wholeNumber(0, 60_000).default(120),
  ATO_PAPER_FAULTS_PCT: numeric(0, 90).default(0),
  ATO_STARTING_CASH: numeric(1, 1_000_000_000_000).default(10_000),
  ATO_STRATEGY_FILE: text.optional(),
  ATO_RISK_PER_TRADE_PCT: percent(5).default(defaultRiskSettings.risk_per_trade_pct),
  ATO_MAX_OPEN_POSITIONS: wholeNumber(1, 100).default(defaultRiskSettings.max_open_positions),
  ATO_MAX_DAILY_LOSS_PCT: percent(100).default(defaultRiskSettings.max_daily_loss_pct),
  ATO_MAX_DRAWDOWN_PCT: percent(100).default(defaultRiskSettings.max_drawdown_pct),
  ATO_MAX_GROSS_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_gross_exposure_pct),
  ATO_MAX_INSTRUMENT_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_instrument_exposure_pct),
  ATO_MAX_NET_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_net_exposure_pct),
  ATO_CRYPTO_BUDGET_PCT: numeric(0, 1_000).default(defaultRiskSettings.crypto_budget_pct),
  ATO_FOREX_BUDGET_PCT: numeric(0, 1_000).default(defaultRiskSettings.forex_budget_pct),
  ATO_MAX_CORRELATED_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_correlated_exposure_pct),
  ATO_CORRELATION_THRESHOLD: numeric(0, 1).default(defaultRiskSettings.correlation_threshold),
  ATO_DRAWDOWN_WIND_DOWN_PCT: percent(100).default(defaultRiskSettings.wind_down_from_pct),
  ATO_KELLY_FRACTION: numeric(0, 1).default(defaultRiskSettings.kelly_fraction),
  ATO_TARGET_DAILY_VOLATILITY_PCT: percent(1_000).default(defaultRiskSettings.target_daily_volatility_pct),
  ATO_MIN_CONFIDENCE: numeric(0, 1).default(defaultRiskSettings.minimum_confidence),
  ATO_MAX_ORDERS_PER_MINUTE: wholeNumber(1, 10_000).default(defaultRiskSettings.max_orders_per_minute),
  ATO_QUOTE_STALE_SECONDS: numeric(1, 86_400).default(defaultRiskSettings.quote_stale_ms / secondMs),
  ATO_MAX_SPREAD_PCT: percent(100).default(defaultRiskSettings.max_spread_pct),
  ATO_PRICE_COLLAR_PCT: percent(100).default(defaultRiskSettings.price_collar_pct),
  ATO_MIN_HOURLY_TURNOVER: numeric(0, 1_000_000_000_000).default(defaultRiskSettings.minimum_hourly_turnover),
  ATO_LOSS_COOLDOWN_MINUTES: numeric(0, 10_080).default(defaultRiskSettings.loss_cooldown_ms / minuteMs),
  ATO_LOSS_STREAK: wholeNumber(0, 1_000).default(defaultRiskSettings.loss_streak),
  ATO_LOSS_STREAK_PAUSE_MINUTES: numeric(0, 10_080).default(
    defaultRiskSettings.loss_streak_cooldown_ms / minuteMs,
  ),
  ATO_FOREX_WEEKEND_GUARD_MINUTES: numeric(0, 2_880).default(defaultRiskSettings.weekend_guard_ms / minuteMs),
  ATO_STOP_ATR: numeric(0.1, 20).default(defaultRiskSettings.stop_atr_multiple),
  ATO_TARGET_ATR: numeric(0.1, 100).default(defaultRiskSettings.target_atr_multiple),
  ATO_EXIT_TRAILING: oneOf(['none', 'percent', 'atr', 'chandelier']).default(defaultExitSettings.trailing),
  ATO_EXIT_TRAILING_ATR: numeric(0.1, 50).default(defaultExitSettings.trailing_atr_multiple),
  ATO_EXIT_TRAILING_PCT: percent(50).default(defaultExitSettings.trailing_pct),
  ATO_EXIT_TRAILING_OFFSET_PCT: numeric(0, 100).default(defaultExitSettings.trailing_offset_pct),
  ATO_EXIT_BREAK_EVEN_RISK: numeric(0, 20).default(defaultExitSettings.break_even_at_risk),
  ATO_EXIT_TARGET_STEPS: targetSteps.optional(),
  ATO_EXIT_TIME_LIMIT_HOURS: numeric(0, 8_760).default(defaultExitSettings.time_limit_hours),
  ATO_GROQ_MODEL: modelName.default('openai/gpt-oss-120b'),
  ATO_OPENAI_MODEL: modelName.default('gpt-5.4-mini'),
  ATO_ANTHROPIC_MODEL: modelName.default('claude-haiku-4-5'),
  ATO_COMPATIBLE_URL: endpoint.optional(),
  ATO_COMPATIBLE_MODEL: modelName.optional(),
  ATO_COMPATIBLE_API_KEY: secret,
  ATO_MODEL_DAILY_USD: numeric(0, 100_000).default(1),
  ATO_MODEL_MONTHLY_USD: numeric(0, 1_000_000).default(10),
  ATO_MODEL_PRICES: priceList.optional(),
  ...healingEnvironment,
  ATO_JOURNAL_RETENTION_DAYS: wholeNumber(1, 3_650).default(30),
  ...processSettingsShape,
});

export type Settings = Readonly<z.output<typeof environmentSchema>>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(environmentSchema.shape) as SettingName[];

export const secretSettings: ReadonlySet<SettingName> = new Set<SettingName>([
  'API_TOKEN',
  'DATABASE_URL',
  'GROQ_API_KEY',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'ATO_COMPATIBLE_API_KEY',
  'TRADERMADE_API_KEY',
  'TRADERMADE_STREAM_KEY',
  'OANDA_API_KEY',
  'OANDA_ACCOUNT_ID',
  'LIVE_TRADING_CONFIRM',
  'CCXT_API_KEY',
  'CCXT_API_SECRET',
  'CCXT_API_PASSPHRASE',
  'CCXT_ACCOUNT_ID',
  'BIRDEYE_API_KEY',
  'CRYPTOPANIC_API_KEY',
  'PUMPPORTAL_API_KEY',
  ...alertSecrets,
  'N8N_WEBHOOK_TOKEN',
  'N8N_API_KEY',
  'N8N_CALLBACK_SECRET',
  'RELAY_URL',
]);

/** The secret-free part that agents are built from, before sources and broker are known. */
export function riskSettingsOf(settings: Settings): AgentSettings['risk'] {
  return {
    ...defaultRiskSettings,
    risk_per_trade_pct: settings.ATO_RISK_PER_TRADE_PCT,
    max_open_positions: settings.ATO_MAX_OPEN_POSITIONS,
    max_daily_loss_pct: settings.ATO_MAX_DAILY_LOSS_PCT,
    max_drawdown_pct: settings.ATO_MAX_DRAWDOWN_PCT,
    max_gross_exposure_pct: settings.ATO_MAX_GROSS_EXPOSURE_PCT,
    max_instrument_exposure_pct: settings.ATO_MAX_INSTRUMENT_EXPOSURE_PCT,
    max_net_exposure_pct: settings.ATO_MAX_NET_EXPOSURE_PCT,
    crypto_budget_pct: settings.ATO_CRYPTO_BUDGET_PCT,
    forex_budget_pct: settings.ATO_FOREX_BUDGET_PCT,
    max_correlated_exposure_pct: settings.ATO_MAX_CORRELATED_EXPOSURE_PCT,
    correlation_threshold: settings.ATO_CORRELATION_THRESHOLD,
    wind_down_from_pct: settings.ATO_DRAWDOWN_WIND_DOWN_PCT,
    kelly_fraction: settings.ATO_KELLY_FRACTION,
    target_daily_volatility_pct: settings.ATO_TARGET_DAILY_VOLATILITY_PCT,
    minimum_confidence: settings.ATO_MIN_CONFIDENCE,
    max_orders_per_minute: settings.ATO_MAX_ORDERS_PER_MINUTE,
    quote_stale_ms: settings.ATO_QUOTE_STALE_SECONDS * secondMs,
    max_spread_pct: settings.ATO_MAX_SPREAD_PCT,
    price_collar_pct: settings.ATO_PRICE_COLLAR_PCT,
    minimum_hourly_turnover: settings.ATO_MIN_HOURLY_TURNOVER,
    loss_cooldown_ms: settings.ATO_LOSS_COOLDOWN_MINUTES * minuteMs,
    loss_streak: settings.ATO_LOSS_STREAK,
    loss_streak_cooldown_ms: settings.ATO_LOSS_STREAK_PAUSE_MINUTES * minuteMs,
    weekend_guard_ms: settings.ATO_FOREX_WEEKEND_GUARD_MINUTES * minuteMs,
    stop_atr_multiple: settings.ATO_STOP_ATR,
    target_atr_multiple: settings.ATO_TARGET_ATR,
  };
}

/** How open positions are led out. */
export function exitSettingsOf(settings: Settings): ExitSettings {
  return {
    trailing: settings.ATO_EXIT_TRAILING,
    trailing_atr_multiple: settings.ATO_EXIT_TRAILING_ATR,
    trailing_pct: settings.ATO_EXIT_TRAILING_PCT,
    trailing_offset_pct: settings.ATO_EXIT_TRAILING_OFFSET_PCT,
    break_even_at_risk: settings.ATO_EXIT_BREAK_EVEN_RISK,
    target_steps: parseTargetSteps(settings.ATO_EXIT_TARGET_STEPS ?? '') ?? [],
    time_limit_hours: settings.ATO_EXIT_TIME_LIMIT_HOURS,
  };
}

/** What the candidate filters are held to. */
export function candidateLimitsOf(settings: Settings): CandidateLimits {
  return {
    ...defaultCandidateLimits,
    min_liquidity_usd: settings.ATO_CANDIDATE_MIN_LIQUIDITY_USD,
    min_volume_h24_usd: settings.ATO_CANDIDATE_MIN_VOLUME_USD,
    min_age_minutes: settings.ATO_CANDIDATE_MIN_AGE_MINUTES,
  };
}
