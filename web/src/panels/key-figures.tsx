// The strip of figures a person looks at first.
import { formatMoney, formatNumber, formatPercent, formatShare } from '../format.ts';
import { t } from '../i18n.ts';
import { useDashboard } from '../store.ts';
import { Fact } from '../ui.tsx';

function contextNumber(context: Readonly<Record<string, unknown>> | undefined, name: string): number | null {
  const value = context?.[name];
  return typeof value === 'number' ? value : null;
}

export function KeyFigures() {
  const point = useDashboard((state) => state.equity.at(-1));
  const context = useDashboard((state) => state.decisions[0]?.context);
  const overview = useDashboard((state) => state.overview);
  const openPositions = useDashboard((state) => state.positions.filter((row) => row.open !== false).length);
  const unknownOrders = useDashboard((state) => state.orders.filter((row) => row.state === 'unknown').length);
  const measured = useDashboard((state) => state.volatility);
  const crypto = measured.crypto ?? contextNumber(context, 'crypto_volatility');
  const forex = measured.forex ?? contextNumber(context, 'forex_volatility');
  const drawdown = point?.drawdown_pct ?? null;
  return (
    <dl class="key-figures">
      <Fact label={t('equity')}>{formatMoney(point?.equity)}</Fact>
      <Fact label={t('cash')}>{formatMoney(point?.cash)}</Fact>
      <Fact label={t('drawdown')} {...(drawdown !== null && drawdown > 5 ? { tone: 'warn' as const } : {})}>
        {formatPercent(drawdown)}
      </Fact>
      <Fact label={t('openPositions')}>{formatNumber(openPositions, 0)}</Fact>
      <Fact label={t('unknownOrders')} {...(unknownOrders > 0 ? { tone: 'bad' as const } : {})}>
        {formatNumber(unknownOrders, 0)}
      </Fact>
      <Fact label={t('volatilityCrypto')}>{formatShare(crypto, 1)}</Fact>
      <Fact label={t('volatilityForex')}>{formatShare(forex, 1)}</Fact>
      <Fact label={t('load')}>
        {formatShare(overview.systemLoad ?? contextNumber(context, 'system_load'))}
      </Fact>
      <Fact label={t('decisionsTotal')}>{formatNumber(overview.decisionsTotal, 0)}</Fact>
      <Fact label={t('successRate')}>{formatShare(overview.successRate)}</Fact>
    </dl>
  );
}
