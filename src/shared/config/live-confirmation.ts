// Orders leave this house only with three things together: mode live, keys, and the account's id typed once more.
// It must never print what it compares.
import type { Settings } from './settings.ts';

/** What is missing or contradictory for the broker that the settings ask for; empty when they may be used. */
export function liveProblems(settings: Settings): string[] {
  const { ATO_MODE: mode, ATO_BROKER: broker } = settings;
  if (mode === 'paper')
    return broker === 'paper'
      ? []
      : [
          `ATO_BROKER=${broker} sends real orders (also to a test account), and ATO_MODE=paper never does. Set ATO_MODE=live, or ATO_BROKER=paper.`,
        ];
  if (broker === 'paper')
    return ['ATO_MODE=live needs ATO_BROKER=oanda or ATO_BROKER=ccxt, with its keys. Or set ATO_MODE=paper.'];
  const problems: string[] = [];
  const need = (name: keyof Settings, what: string): void => {
    if (settings[name] === undefined) problems.push(`ATO_BROKER=${broker} needs ${name}, ${what}.`);
  };
  if (broker === 'oanda') {
    need('OANDA_API_KEY', 'a personal access token');
    need('OANDA_ACCOUNT_ID', 'such as 101-001-1234567-001');
  } else {
    need('ATO_CCXT_EXCHANGE', 'the id of an exchange such as binance');
    need('CCXT_API_KEY', 'a key that may trade and may not withdraw');
    need('CCXT_API_SECRET', 'the secret of that key');
    need('CCXT_ACCOUNT_ID', 'the user id that the exchange shows for your account');
  }
  const account = broker === 'oanda' ? 'OANDA_ACCOUNT_ID' : 'CCXT_ACCOUNT_ID';
  if (settings.LIVE_TRADING_CONFIRM === undefined || settings.LIVE_TRADING_CONFIRM !== settings[account])
    problems.push(
      `ATO_MODE=live is refused until LIVE_TRADING_CONFIRM is exactly the value of ${account}: that account will be traded on.`,
    );
  return problems;
}
