// What will be looked at next and why, and which kinds of task may not run.
import { useNow } from '../clock.ts';
import { formatName, formatSpan, formatText, formatTime } from '../format.ts';
import { t } from '../i18n.ts';
import type { ScheduleRow } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Badge, Empty, Panel, Scroll, type Tone } from '../ui.tsx';

const slotsShown = 12;
const toneOfReason: Readonly<Record<string, Tone>> = { gain: 'accent', floor: 'warn' };

function Slot({ slot }: { slot: ScheduleRow['slots'][number] }) {
  const now = useNow();
  const wait = slot.due_at === null ? null : slot.due_at - now;
  return (
    <li>
      <span class="line">
        <span class="muted">{formatTime(slot.due_at, now)}</span>
        <strong>{slot.symbol}</strong>
        <Badge tone={toneOfReason[slot.reason ?? ''] ?? 'calm'}>{formatName(slot.reason)}</Badge>
        <span class="muted end">
          {wait === null || wait <= 0 ? t('due') : t('inSpan', { age: formatSpan(wait) })}
        </span>
      </span>
      <span class="muted small">{formatText(slot.text)}</span>
    </li>
  );
}

export function Schedule() {
  const schedule = useDashboard((state) => state.schedule);
  const pinned = schedule?.pinned_mode ?? null;
  const badge = pinned === null ? null : <Badge tone="warn">{t('pinnedTo', { mode: pinned })}</Badge>;
  const idle = schedule?.kinds.filter((kind) => kind.obstacle !== null) ?? [];
  return (
    <Panel area="schedule" title={t('schedule')} part="schedule" aside={badge}>
      <Scroll label={t('schedule')}>
        {schedule === null ? (
          <Empty part="schedule" word="noSchedule" />
        ) : (
          <>
            <h3>
              {t('nextLooks')} <span class="count">{schedule.slots.length}</span>
            </h3>
            <ul class="plain rows">
              {schedule.slots.slice(0, slotsShown).map((slot) => (
                <Slot key={`${slot.symbol} ${slot.due_at}`} slot={slot} />
              ))}
            </ul>
            <h3>
              {t('notRunning')} <span class="count">{idle.length}</span>
            </h3>
            <ul class="plain rows">
              {idle.map((kind) => (
                <li key={kind.kind}>
                  <span class="line">
                    <strong>{kind.kind}</strong>
                    <span class="muted end">{formatText(kind.obstacle)}</span>
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Scroll>
    </Panel>
  );
}
