import { expect, test } from 'vitest';
import { loadSettings, SettingsError } from './load-settings.ts';
import { maskedSettings } from './mask.ts';

const oanda = {
  ATO_MODE: 'live',
  ATO_BROKER: 'oanda',
  OANDA_API_KEY: 'SEKRET-token-0123456789',
  OANDA_ACCOUNT_ID: '101-001-7654321-001',
  LIVE_TRADING_CONFIRM: '101-001-7654321-001',
};
const ccxt = {
  ATO_MODE: 'live',
  ATO_BROKER: 'ccxt',
  ATO_CCXT_EXCHANGE: 'binance',
  CCXT_API_KEY: 'SEKRET-key-0123456789',
  CCXT_API_SECRET: 'SEKRET-secret-0123456789',
  CCXT_ACCOUNT_ID: 'SEKRET-354937868',
  LIVE_TRADING_CONFIRM: 'SEKRET-354937868',
};

const load = (environment: Record<string, string>) => loadSettings({ folder: '/nowhere', environment });

function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

test('mode, keys and confirmation together are accepted, for both brokers', () => {
  expect(load(oanda)).toMatchObject({ ATO_MODE: 'live', ATO_BROKER: 'oanda', ATO_OANDA_HOST: 'practice' });
  expect(load(ccxt)).toMatchObject({ ATO_MODE: 'live', ATO_BROKER: 'ccxt', ATO_CCXT_SANDBOX: 'yes' });
});

for (const [name, whole] of Object.entries({ oanda, ccxt }))
  test.each(Object.keys(whole).filter((key) => key !== 'ATO_BROKER' && key !== 'ATO_MODE'))(
    `${name} without %s is refused, and no secret is shown`,
    (missing) => {
      const { [missing]: _, ...rest } = whole as Record<string, string>;
      const message = refusal(rest);
      expect(message).toContain(missing);
      for (const value of Object.values(whole).filter((text) => /SEKRET|7654321/.test(text)))
        expect(message).not.toContain(value);
    },
  );

test('a confirmation that is not exactly the account id is refused', () => {
  expect(refusal({ ...oanda, LIVE_TRADING_CONFIRM: '101-001-7654321-002' })).toContain(
    'LIVE_TRADING_CONFIRM',
  );
  expect(refusal({ ...oanda, LIVE_TRADING_CONFIRM: 'yes' })).not.toContain('7654321');
});

test('a broker that sends orders is refused in paper mode, and paper as a broker in live mode', () => {
  expect(refusal({ ...oanda, ATO_MODE: 'paper' })).toContain('never does');
  expect(refusal({ ATO_MODE: 'live' })).toContain('needs ATO_BROKER=oanda or ATO_BROKER=ccxt');
});

test('keys go to no address but one of this machine', () => {
  expect(refusal({ ...oanda, ATO_BROKER_URL: 'http://evil.example:80' })).toContain(
    'only an address of this machine',
  );
  expect(load({ ...oanda, ATO_BROKER_URL: 'http://127.0.0.1:8099' }).ATO_BROKER_URL).toBe(
    'http://127.0.0.1:8099',
  );
});

test('what is shown of the settings hides keys, account and confirmation', () => {
  expect(JSON.stringify([maskedSettings(load(oanda)), maskedSettings(load(ccxt))])).not.toMatch(
    /SEKRET|7654321/,
  );
});
