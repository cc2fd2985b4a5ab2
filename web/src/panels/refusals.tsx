// How often risk said no lately, by code, and the last few with their limit and what was found.
import { countByCode } from '../fold.ts';
import { formatName, formatNumber, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import { rowLimit, useDashboard } from '../store.ts';
import { Empty, Meter, Panel, Scroll, Time } from '../ui.tsx';

const lastShown = 10;

function plain(value: number | string | null): string {
  return typeof value === 'number' ? formatNumber(value, 6) : formatText(value);
}

export function Refusals() {
  const refusals = useDashboard((state) => state.refusals);
  const counts = Object.entries(countByCode(refusals)).sort((left, right) => right[1] - left[1]);
  const most = counts[0]?.[1] ?? 1;
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Panel
      area="refusals"
      title={t('refusals')}
      part="refusals"
      aside={<span class="count">{total < rowLimit ? total : t('lastOnes', { count: String(total) })}</span>}
    >
      <Scroll label={t('refusals')}>
        {counts.length === 0 && <Empty part="refusals" word="noRefusals" />}
        <ul class="plain bars">
          {counts.map(([code, count]) => (
            <li key={code}>
              <span>{formatName(code)}</span>
              <Meter share={count / most} tone="warn" label={`${formatName(code)}: ${count}`} />
              <b class="number">{formatNumber(count, 0)}</b>
            </li>
          ))}
        </ul>
        <ul class="plain rows">
          {refusals.slice(0, lastShown).map((row) => (
            <li key={row.id}>
              <span class="line">
                <Time at={row.at} />
                <strong>{formatText(row.symbol)}</strong>
                <span class="end">{formatName(row.code)}</span>
              </span>
              <span class="muted small">
                {t('limitActual', { limit: plain(row.limit), actual: plain(row.actual) })}
              </span>
            </li>
          ))}
        </ul>
      </Scroll>
    </Panel>
  );
}
