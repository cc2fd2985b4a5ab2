// Which forex sessions are open, which overlap, and when that changes.
import { useNow } from '../clock.ts';
import { formatSpan, formatTime } from '../format.ts';
import { t } from '../i18n.ts';
import type { Sessions as SessionsRow } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Badge, Empty, Panel, Scroll } from '../ui.tsx';

const known = ['sydney', 'tokyo', 'london', 'newyork'] as const;

/** The session's own name, or what the server called one that is not known here. */
function sessionName(name: string): string {
  const found = known.find((one) => one === name);
  return found === undefined ? name : t(found);
}

function names(sessions: readonly string[]): string {
  return sessions.map(sessionName).join(', ');
}

function changeText({ opens, closes, market }: NonNullable<SessionsRow['next_change']>): string {
  const parts = [
    ...(closes.length > 0 ? [t('closes', { names: names(closes) })] : []),
    ...(opens.length > 0 ? [t('opens', { names: names(opens) })] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return t(market === 'open' ? 'marketOpens' : 'marketCloses');
}

function NextChange({ change }: { change: NonNullable<SessionsRow['next_change']> }) {
  const now = useNow();
  return (
    <p class="next-change">
      <span class="muted">{t('nextChange')}</span>
      <b class="number">{change.at === null ? t('unknown') : formatSpan(Math.max(0, change.at - now))}</b>
      <span>
        {changeText(change)} <span class="muted">{formatTime(change.at, now)}</span>
      </span>
    </p>
  );
}

function Overlaps({ overlaps }: { overlaps: SessionsRow['overlaps'] }) {
  const now = useNow();
  if (overlaps.length === 0) return <p class="muted small">{t('noOverlap')}</p>;
  return (
    <ul class="plain rows">
      {overlaps.map(({ sessions, until }) => (
        <li key={sessions.join()}>
          <span class="line">
            <strong>{sessions.map(sessionName).join(' + ')}</strong>
            <Badge tone="accent">{t('overlap')}</Badge>
          </span>
          {until !== null && (
            <span class="muted small">
              {t('overlapUntil', {
                time: formatTime(until, now),
                age: formatSpan(Math.max(0, until - now)),
              })}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

const holidayWords: Readonly<Record<string, 'holidayThin' | 'holidayEarly'>> = {
  thin: 'holidayThin',
  early_close: 'holidayEarly',
};

function holidayText({ name, effect }: NonNullable<SessionsRow['holiday']>): string {
  return t(holidayWords[effect ?? ''] ?? 'holidayClosed', { name: name ?? t('unknown') });
}

function SessionList({ open }: { open: readonly string[] }) {
  return (
    <ul class="plain session-row">
      {known.map((name) => {
        const isOpen = open.includes(name);
        return (
          <li key={name} class={isOpen ? 'open' : ''}>
            <strong>{t(name)}</strong>
            <Badge tone={isOpen ? 'good' : 'calm'}>{t(isOpen ? 'sessionOpen' : 'sessionClosed')}</Badge>
          </li>
        );
      })}
    </ul>
  );
}

export function Sessions() {
  const sessions = useDashboard((state) => state.sessions);
  const open = sessions?.market === 'open';
  const badge = <Badge tone={open ? 'good' : 'calm'}>{t(open ? 'marketOpen' : 'marketClosed')}</Badge>;
  return (
    <Panel area="sessions" title={t('sessions')} part="sessions" aside={sessions === null ? null : badge}>
      <Scroll label={t('sessions')}>
        {sessions === null ? (
          <Empty part="sessions" word="noSessions" />
        ) : (
          <>
            {sessions.holiday !== null && <p class="holiday">{holidayText(sessions.holiday)}</p>}
            <SessionList open={sessions.open} />
            {sessions.next_change !== null && <NextChange change={sessions.next_change} />}
            <Overlaps overlaps={sessions.overlaps} />
          </>
        )}
      </Scroll>
    </Panel>
  );
}
