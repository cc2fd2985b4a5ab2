// The upper bounds of an entry's value: instrument, gross, net, market kind, instruments that move together, volatility,
// liquidity, cash. Values come from venue prices; what is in flight counts. It must never offset one risk against another guess.
import { marginLeverage } from '../shared/domain/account-currency.ts';
import { timeframeMs } from '../shared/domain/candle.ts';
import type { AssetClass } from '../shared/domain/instrument.ts';
import { dailyVolatilityOfRange } from '../shared/domain/return-statistics.ts';
import type { Signal } from '../shared/domain/signal.ts';
import type { Desk } from './desk.ts';
import { rounded } from './entry-checks.ts';
import { cashReserveFraction, maxTurnoverShare } from './limits.ts';
import type { SymbolView } from './market-view.ts';
import { type Exposure, equityOf, exposuresOf } from './portfolio.ts';
import type { Cap } from './position-sizer.ts';

/** Every bound of an entry on this signal; `rate` is account currency per unit of quote currency. */
export function entryCaps(desk: Desk, signal: Signal, view: SymbolView, rate: number): readonly Cap[] {
  const { risk } = desk.settings;
  const equity = equityOf(desk);
  const direction = signal.action === 'BUY' ? 1 : -1;
  const assetClass = view.instrument.assetClass;
  const exposures = exposuresOf(desk);
  let gross = 0;
  let net = 0;
  let ofClass = 0;
  for (const [symbol, value] of exposures) {
    gross += value.gross;
    net += value.net;
    if (classOf(desk, symbol) === assetClass) ofClass += value.gross;
  }
  const share = (code: Cap['code'], limitPct: number, held: number): Cap => ({
    code,
    room: (equity * limitPct) / 100 - held,
    limit: limitPct,
    actual: equity > 0 ? rounded((held / equity) * 100) : null,
  });
  const budget = assetClass === 'crypto' ? risk.crypto_budget_pct : risk.forex_budget_pct;
  const together = correlatedExposure(desk, signal.symbol, direction, exposures);
  const cashRoom = (equity * (1 - cashReserveFraction) - gross) * marginLeverage[assetClass];
  return [
    share('instrument_exposure', risk.max_instrument_exposure_pct, exposures.get(signal.symbol)?.gross ?? 0),
    share('gross_exposure', risk.max_gross_exposure_pct, gross),
    share('net_exposure', risk.max_net_exposure_pct, direction * net),
    share('mode_budget', budget, ofClass),
    share('correlated_exposure', risk.max_correlated_exposure_pct, together),
    volatilityCap(desk, signal, view, equity),
    ...liquidityCaps(desk, view, rate),
    // Margin already bound is counted at full value, which is too careful for mixed books and never too bold.
    { code: 'insufficient_cash', room: cashRoom, limit: 0, actual: rounded(cashRoom) },
  ];
}

function classOf(desk: Desk, symbol: string): AssetClass | undefined {
  return desk.market.instrument(symbol)?.assetClass;
}

/** The larger of measured and claimed volatility bounds the value, so that a day's expected move stays within the target. */
function volatilityCap(desk: Desk, signal: Signal, view: SymbolView, equity: number): Cap {
  const target = desk.settings.risk.target_daily_volatility_pct;
  const measured = desk.statistics.dailyVolatility(signal.symbol);
  const daily =
    measured ?? dailyVolatilityOfRange(signal.average_true_range, view.price, timeframeMs[signal.timeframe]);
  return {
    code: 'volatility_target',
    room: daily > 0 ? (equity * target) / 100 / daily : Number.POSITIVE_INFINITY,
    limit: target,
    actual: rounded(daily * 100),
  };
}

function liquidityCaps(desk: Desk, view: SymbolView, rate: number): readonly Cap[] {
  const turnover = desk.statistics.hourlyTurnover(view.instrument.symbol) ?? view.hourlyTurnover;
  if (turnover === undefined) return [];
  const room = turnover * rate * maxTurnoverShare;
  return [
    { code: 'insufficient_liquidity', room, limit: maxTurnoverShare, actual: rounded(turnover * rate) },
  ];
}

/**
 * Exposure that would lose together with the entry: everything linked to it, directly or through others, by a correlation
 * from the threshold on and standing on the losing side. Hedges count nothing. Unknown correlation counts as full within one
 * kind of market and as none between kinds.
 */
function correlatedExposure(
  desk: Desk,
  symbol: string,
  direction: number,
  exposures: ReadonlyMap<string, Exposure>,
): number {
  const threshold = desk.settings.risk.correlation_threshold;
  const waiting = [...exposures.keys()].filter((other) => other !== symbol).sort();
  const linked: { readonly symbol: string; readonly sign: number }[] = [{ symbol, sign: direction }];
  let sum = exposures.get(symbol)?.gross ?? 0;
  for (let place = 0; place < linked.length; place++) {
    const from = linked[place];
    if (from === undefined) break;
    for (const other of [...waiting]) {
      const known = desk.statistics.correlation(from.symbol, other);
      const link = known ?? (classOf(desk, from.symbol) === classOf(desk, other) ? 1 : 0);
      if (Math.abs(link) < threshold) continue;
      waiting.splice(waiting.indexOf(other), 1);
      const sign = from.sign * Math.sign(link);
      linked.push({ symbol: other, sign });
      const value = exposures.get(other)?.net ?? 0;
      if (value * sign > 0) sum += Math.abs(value);
    }
  }
  return sum;
}
