// All settings: one strict schema per part, defaults in one place, parsed once and frozen.
import { z } from 'zod';
import { type AgentSettings, defaultRiskSettings } from '../domain/agent-settings.ts';
import { canonicalSymbol } from '../domain/instrument.ts';
import { resolveSymbol, symbolProblemText } from '../domain/instrument-resolution.ts';
import { defaultLookSettings } from '../domain/look.ts';
import { parseSessionHours } from '../domain/session-rules.ts';
import { minuteMs } from '../domain/time.ts';

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
    (url) => !/^https?:\/\/[^/]*@/.test(url),
    'leave user and password out of it, use ATO_COMPATIBLE_API_KEY',
  );
const sessionHours = z.string().superRefine((value, context) => {
  try {
    parseSessionHours(value);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
  }
});

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
  TELEGRAM_BOT_TOKEN: secret,
  TELEGRAM_CHAT_ID: secret,
  ATO_MODE: oneOf(['paper', 'live']).default('paper'),
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
  ATO_SEED: wholeNumber(0, 2_147_483_647).default(1),
  ATO_STARTING_CASH: numeric(1, 1_000_000_000_000).default(10_000),
  ATO_STRATEGY_FILE: text.optional(),
  ATO_RISK_PER_TRADE_PCT: percent(5).default(defaultRiskSettings.risk_per_trade_pct),
  ATO_MAX_OPEN_POSITIONS: wholeNumber(1, 100).default(defaultRiskSettings.max_open_positions),
  ATO_MAX_DAILY_LOSS_PCT: percent(100).default(defaultRiskSettings.max_daily_loss_pct),
  ATO_MAX_DRAWDOWN_PCT: percent(100).default(defaultRiskSettings.max_drawdown_pct),
  ATO_MAX_GROSS_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_gross_exposure_pct),
  ATO_MAX_INSTRUMENT_EXPOSURE_PCT: percent(1_000).default(defaultRiskSettings.max_instrument_exposure_pct),
  ATO_GROQ_MODEL: modelName.default('openai/gpt-oss-120b'),
  ATO_OPENAI_MODEL: modelName.default('gpt-5.4-mini'),
  ATO_ANTHROPIC_MODEL: modelName.default('claude-haiku-4-5'),
  ATO_COMPATIBLE_URL: endpoint.optional(),
  ATO_COMPATIBLE_MODEL: modelName.optional(),
  ATO_COMPATIBLE_API_KEY: secret,
  ATO_MODEL_DAILY_USD: numeric(0, 100_000).default(1),
  ATO_MODEL_MONTHLY_USD: numeric(0, 1_000_000).default(10),
  ATO_MODEL_PRICES: priceList.optional(),
  ATO_JOURNAL_RETENTION_DAYS: wholeNumber(1, 3_650).default(30),
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
  'BIRDEYE_API_KEY',
  'CRYPTOPANIC_API_KEY',
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
