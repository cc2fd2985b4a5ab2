// Incidents, open ones first, with what each means for trading.
import { formatSpan, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Incident } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Age, Badge, Empty, Panel, Scroll, Time } from '../ui.tsx';

function isOpen(incident: Incident): boolean {
  return incident.open ?? incident.resolved_at === null;
}

function IncidentLine({ incident }: { incident: Incident }) {
  const open = isOpen(incident);
  return (
    <li class={open ? 'open' : 'final'}>
      <span class="line">
        <Time at={incident.opened_at} />
        <Badge tone={open ? toneOf(incident.severity) : 'calm'}>{formatText(incident.severity)}</Badge>
        <strong>{formatText(incident.summary)}</strong>
      </span>
      <span class="small">{incident.consequence}</span>
      <span class="muted small">
        {open ? (
          <Age at={incident.opened_at} word="openSince" />
        ) : (
          t('resolvedAfter', {
            age: formatSpan(
              incident.resolved_at === null || incident.opened_at === null
                ? null
                : incident.resolved_at - incident.opened_at,
            ),
          })
        )}{' '}
        · {formatText(incident.cause)}
      </span>
    </li>
  );
}

export function Incidents() {
  const incidents = useDashboard((state) => state.incidents);
  const sorted = incidents.toSorted((left, right) => Number(isOpen(right)) - Number(isOpen(left)));
  const open = incidents.filter(isOpen).length;
  return (
    <Panel
      area="incidents"
      title={t('incidents')}
      part="incidents"
      aside={<span class={`count ${open > 0 ? 'bad' : ''}`}>{open}</span>}
    >
      <Scroll label={t('incidents')}>
        {incidents.length === 0 ? (
          <Empty part="incidents" word="noIncidents" />
        ) : (
          <ul class="plain rows">
            {sorted.map((row) => (
              <IncidentLine key={row.id} incident={row} />
            ))}
          </ul>
        )}
      </Scroll>
    </Panel>
  );
}
