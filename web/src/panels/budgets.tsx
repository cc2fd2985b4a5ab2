// What looking may still cost, and who holds which lock.
import { formatNumber, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { ScheduleRow } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Empty, Panel, Scroll } from '../ui.tsx';

function Budget({ budget }: { budget: ScheduleRow['budgets'][number] }) {
  const { level, capacity } = budget;
  return (
    <li>
      <span class="line">
        <strong>{budget.name}</strong>
        <span class="muted">{formatText(budget.asset_class)}</span>
        <span class="number end">
          {formatNumber(level, 1)} / {formatNumber(capacity, 1)}
        </span>
      </span>
      <meter class="budget" min={0} max={Math.max(capacity ?? 0, 1e-9)} value={level ?? 0}>
        {formatNumber(level, 1)}
      </meter>
      <span class="muted small">
        {t('budgetDetail', { rate: formatNumber(budget.per_hour, 1), spent: formatNumber(budget.spent, 1) })}
      </span>
    </li>
  );
}

function Lock({ lock }: { lock: ScheduleRow['locks'][number] }) {
  return (
    <li>
      <span class="line">
        <strong>{lock.name}</strong>
        <span class="muted">{lock.holders.length === 0 ? t('free') : lock.holders.join(', ')}</span>
        <span class="number end">
          {formatNumber(lock.taken, 0)} / {formatNumber(lock.units, 0)}
        </span>
      </span>
    </li>
  );
}

export function Budgets() {
  const schedule = useDashboard((state) => state.schedule);
  return (
    <Panel area="budgets" title={t('budgets')} part="schedule">
      <Scroll label={t('budgets')}>
        {schedule === null ? (
          <Empty part="schedule" word="noSchedule" />
        ) : (
          <>
            <ul class="plain rows">
              {schedule.budgets.map((budget) => (
                <Budget key={`${budget.asset_class} ${budget.name}`} budget={budget} />
              ))}
            </ul>
            <h3>{t('locks')}</h3>
            <ul class="plain rows">
              {schedule.locks.map((lock) => (
                <Lock key={lock.name} lock={lock} />
              ))}
            </ul>
          </>
        )}
      </Scroll>
    </Panel>
  );
}
