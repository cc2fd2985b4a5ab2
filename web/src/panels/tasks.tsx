// The task queue: what runs, what waits, what finished last and whether its promise was kept.
import { useNow } from '../clock.ts';
import { formatName, formatSpan, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Task } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Age, Badge, Empty, Panel, Scroll, Time } from '../ui.tsx';
import type { Word } from '../words.ts';

const finishedShown = 15;

function Deadline({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return null;
  if (at < now) return <span class="bad">{t('overdue')}</span>;
  return <span>{t('deadline', { age: formatSpan(at - now) })}</span>;
}

function Active({ task }: { task: Task }) {
  return (
    <li>
      <span class="line">
        <strong>{formatText(task.kind)}</strong>
        <span class="muted end">
          <Age at={task.started_at ?? task.queued_at} word="waiting" />
        </span>
      </span>
      <span class="muted small">
        {formatText(task.agent)} · {formatText(task.runner)} · <Deadline at={task.deadline_at} />
      </span>
    </li>
  );
}

function Finished({ task }: { task: Task }) {
  const seen = task.result?.effect_observed;
  return (
    <li>
      <span class="line">
        <Time at={task.finished_at} />
        <strong>{formatText(task.kind)}</strong>
        <span class="end">
          <Badge tone={toneOf(task.state)}>{formatName(task.state)}</Badge>
        </span>
      </span>
      <span class="muted small">
        {task.result === null
          ? formatText(task.reason)
          : `${task.result.error ?? task.result.summary ?? ''} · ${t(seen === true ? 'effectSeen' : 'effectNotSeen')}`}
      </span>
    </li>
  );
}

function Group({ word, tasks }: { word: Word; tasks: readonly Task[] }) {
  return (
    <>
      <h3>
        {t(word)} <span class="count">{tasks.length}</span>
      </h3>
      <ul class="plain rows">
        {tasks.map((task) =>
          word === 'finished' ? <Finished key={task.id} task={task} /> : <Active key={task.id} task={task} />,
        )}
      </ul>
    </>
  );
}

export function Tasks() {
  const tasks = useDashboard((state) => state.tasks);
  const inState = (state: string) => tasks.filter((task) => task.state === state);
  const finished = tasks
    .filter((task) => task.finished_at !== null)
    .toSorted((left, right) => (right.finished_at ?? 0) - (left.finished_at ?? 0))
    .slice(0, finishedShown);
  return (
    <Panel area="tasks" title={t('queue')} part="tasks">
      <Scroll label={t('queue')}>
        {tasks.length === 0 ? (
          <Empty part="tasks" word="noTasks" />
        ) : (
          <>
            <Group word="runningTasks" tasks={inState('running')} />
            <Group word="queued" tasks={inState('queued')} />
            <Group word="finished" tasks={finished} />
          </>
        )}
      </Scroll>
    </Panel>
  );
}
