// What healing did within a day and what the optimiser proposes. It only shows; nothing here acts.
import { formatNumber, formatSpan, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { CareReport } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Badge, Empty, Panel, Scroll } from '../ui.tsx';

const shownUsages = 8;

function PlaybookLine({ row }: { row: CareReport['playbooks'][number] }) {
  const took = row.mean_time_to_heal_ms;
  return (
    <li>
      <span class="line">
        <strong>{row.playbook}</strong>
        {(row.failed ?? 0) > 0 && (
          <Badge tone="warn">{t('careFailed', { count: formatNumber(row.failed, 0) })}</Badge>
        )}
        <span class="number end">{t('careVerified', { count: formatNumber(row.verified, 0) })}</span>
      </span>
      {took !== null && <span class="muted small">{t('careTook', { age: formatSpan(took) })}</span>}
    </li>
  );
}

function ProposalLine({ row }: { row: CareReport['proposals'][number] }) {
  return (
    <li>
      <span class="line">
        <strong>{formatText(row.setting)}</strong>
        <Badge tone={row.state === 'kept' ? 'good' : row.state === 'rolled_back' ? 'warn' : 'accent'}>
          {formatText(row.state)}
        </Badge>
        <span class="end">
          {formatText(row.from)} → {formatText(row.to)}
        </span>
      </span>
      <span class="small">{row.reason}</span>
      <span class="muted small">{row.expected_gain}</span>
    </li>
  );
}

function UsageLine({ row }: { row: CareReport['usage'][number] }) {
  return (
    <li>
      <span class="line">
        <span>{row.name}</span>
        <span class="muted">{t('careRuns', { count: formatNumber(row.runs, 0) })}</span>
        <span class="number end">{formatNumber(row.mean_ms, 0)} ms</span>
      </span>
    </li>
  );
}

export function Care() {
  const care = useDashboard((state) => state.care);
  const usages = (care?.usage ?? []).toSorted((left, right) => (right.mean_ms ?? 0) - (left.mean_ms ?? 0));
  return (
    <Panel area="care" title={t('care')} part="care">
      <Scroll label={t('care')}>
        {care === null ? (
          <Empty part="care" word="noCare" />
        ) : (
          <>
            <ul class="plain rows">
              {care.playbooks.map((row) => (
                <PlaybookLine key={row.playbook} row={row} />
              ))}
            </ul>
            {care.playbooks.length === 0 && <p class="muted small">{t('nothingHealed')}</p>}
            <h3>{t('proposals')}</h3>
            <ul class="plain rows">
              {care.proposals.map((row) => (
                <ProposalLine key={row.knob} row={row} />
              ))}
            </ul>
            {care.proposals.length === 0 && <p class="muted small">{t('noProposals')}</p>}
            <h3>{t('careUsage')}</h3>
            <ul class="plain rows">
              {usages.slice(0, shownUsages).map((row) => (
                <UsageLine key={row.name} row={row} />
              ))}
            </ul>
          </>
        )}
      </Scroll>
    </Panel>
  );
}
