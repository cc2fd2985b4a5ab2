// All settings: one strict schema per part, defaults in one place, parsed once and frozen.
import { z } from 'zod';
import { type AgentSettings, defaultRiskSettings } from '../domain/agent-settings.ts';
import { type CandidateLimits, defaultCandidateLimits } from '../domain/candidate-filters.ts';
import { instrumentFor } from '../domain/instrument.ts';

const text = z.string().trim().min(1);
const secret = text.optional();
const percent = z.coerce.number().positive().max(1_000);

const symbolList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((symbol) => symbol.trim().toUpperCase())
      .filter((symbol) => symbol !== ''),
  )
  .refine((symbols) => symbols.length > 0, 'name at least one symbol, such as BTCUSDT,EURUSD')
  .refine((symbols) => symbols.length <= 1_000, 'at most 1,000 symbols')
  .superRefine((symbols, context) => {
    for (const symbol of symbols) {
      if (instrumentFor(symbol) === undefined)
        context.addIssue(
          `cannot read the symbol "${symbol}": write crypto pairs like BTCUSDT and forex pairs like EURUSD`,
        );
    }
  });

const limit = z.coerce.number().nonnegative().max(1e12);

const chainList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((chain) => chain.trim().toLowerCase())
      .filter((chain) => chain !== ''),
  )
  .refine(
    (chains) =>
      chains.length > 0 && chains.length <= 8 && chains.every((chain) => /^[a-z0-9-]{2,32}$/.test(chain)),
    'name one to eight chains, such as solana,base',
  );

/** Names the users already have in their own files; every other setting of ours starts with ATO_. */
export const environmentSchema = z.object({
  ORCHESTRATOR_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  BIND_ADDRESS: text.default('127.0.0.1'),
  API_TOKEN: text.min(16, 'use at least 16 characters').optional(),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']).default('INFO'),
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
  BIRDEYE_API_KEY: secret,
  PUMPPORTAL_API_KEY: secret,
  TELEGRAM_BOT_TOKEN: secret,
  TELEGRAM_CHAT_ID: secret,
  ATO_MODE: z.enum(['paper', 'live']).default('paper'),
  ATO_MARKET_SOURCE: z.enum(['auto', 'binance', 'tape', 'synthetic']).default('auto'),
  ATO_TAPE_PATH: text.optional(),
  ATO_MARKET_SPEED: z.coerce.number().min(1).max(100_000).default(1),
  ATO_UNIVERSE: symbolList.default(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'EURUSD', 'GBPUSD']),
  ATO_DISCOVERY: z.enum(['auto', 'on', 'off']).default('auto'),
  ATO_DISCOVERY_CHAINS: chainList.default(['solana']),
  ATO_CANDIDATE_MIN_LIQUIDITY_USD: limit.default(defaultCandidateLimits.min_liquidity_usd),
  ATO_CANDIDATE_MIN_VOLUME_USD: limit.default(defaultCandidateLimits.min_volume_h24_usd),
  ATO_CANDIDATE_MIN_AGE_MINUTES: limit.default(defaultCandidateLimits.min_age_minutes),
  ATO_SEED: z.coerce.number().int().min(0).max(2_147_483_647).default(1),
  ATO_STARTING_CASH: z.coerce.number().positive().max(1e12).default(10_000),
  ATO_STRATEGY_FILE: text.optional(),
  ATO_RISK_PER_TRADE_PCT: percent
    .max(5, 'more than 5 % per trade is refused')
    .default(defaultRiskSettings.risk_per_trade_pct),
  ATO_MAX_OPEN_POSITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(defaultRiskSettings.max_open_positions),
  ATO_MAX_DAILY_LOSS_PCT: percent.max(100).default(defaultRiskSettings.max_daily_loss_pct),
  ATO_MAX_DRAWDOWN_PCT: percent.max(100).default(defaultRiskSettings.max_drawdown_pct),
  ATO_MAX_GROSS_EXPOSURE_PCT: percent.default(defaultRiskSettings.max_gross_exposure_pct),
  ATO_MAX_INSTRUMENT_EXPOSURE_PCT: percent.default(defaultRiskSettings.max_instrument_exposure_pct),
  ATO_JOURNAL_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
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
  'TRADERMADE_API_KEY',
  'BIRDEYE_API_KEY',
  'PUMPPORTAL_API_KEY',
  'TELEGRAM_BOT_TOKEN',
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
