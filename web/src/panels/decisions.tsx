// Every verdict of the orchestrator, newest first; opened, it shows what was seen, weighed, done and what came of it.
import { useState } from 'preact/hooks';
import { formatName, formatNumber, formatShare, formatSigned, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Candidate, Decision, Task } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge, Empty, Meter, Panel, Scroll, Time } from '../ui.tsx';

/** A value of the context in words; lists and records are flattened, nothing is interpreted. */
function contextText(value: unknown): string {
  if (value === null || value === undefined) return t('unknown');
  if (typeof value === 'number') return formatNumber(value, 4);
  if (Array.isArray(value)) return value.length === 0 ? t('none') : value.map(contextText).join(', ');
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length === 0) return t('none');
    return entries.map(([name, inner]) => `${name} ${contextText(inner)}`).join(', ');
  }
  return String(value);
}

function Terms({ candidate }: { candidate: Candidate }) {
  return (
    <ul class="terms">
      {Object.entries(candidate.terms).map(([name, value]) => (
        <li key={name} class={value < 0 ? 'minus' : value > 0 ? 'plus' : ''}>
          {formatName(name)} <b>{formatSigned(value)}</b>
        </li>
      ))}
    </ul>
  );
}

function Candidates({ candidates }: { candidates: readonly Candidate[] }) {
  const best = Math.max(1e-9, ...candidates.map((row) => row.score ?? 0));
  const sorted = candidates.toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0));
  return (
    <ol class="candidates">
      {sorted.map((row) => (
        <li key={row.kind} class={row.chosen === true ? 'chosen' : ''}>
          <div class="candidate-head">
            <strong>{row.kind}</strong>
            <span class="sign">
              {row.chosen === true ? `✓ ${t('chosen')}` : row.due === true ? t('dueNow') : t('notChosen')}
            </span>
            <Meter share={(row.score ?? 0) / best} label={`${t('score')} ${formatNumber(row.score, 3)}`} />
            <b class="number">{formatNumber(row.score, 3)}</b>
          </div>
          <Terms candidate={row} />
          {row.reason !== null && <p>{row.reason}</p>}
        </li>
      ))}
    </ol>
  );
}

function DecisionTasks({ ids }: { ids: readonly string[] }) {
  const tasks = useDashboard((state) => state.tasks);
  if (ids.length === 0) return <p>{t('noTasks')}</p>;
  const byId = new Map<string, Task>(tasks.map((task) => [task.id, task]));
  return (
    <ul class="plain">
      {ids.map((id) => {
        const task = byId.get(id);
        return (
          <li key={id}>
            {task === undefined ? (
              <code>{id}</code>
            ) : (
              <>
                {formatText(task.kind)} <Badge tone={toneOf(task.state)}>{formatName(task.state)}</Badge>{' '}
                <span class="muted">{task.result?.error ?? task.result?.summary ?? ''}</span>
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Outcome({ outcome }: { outcome: Decision['outcome'] }) {
  if (outcome === null) return <Badge>{t('outcomeOpen')}</Badge>;
  return (
    <>
      <Badge tone={outcome.successful === true ? 'good' : 'bad'}>
        {t(outcome.successful === true ? 'outcomeGood' : 'outcomeBad')}
      </Badge>{' '}
      {outcome.detail}
    </>
  );
}

function Detail({ decision }: { decision: Decision }) {
  return (
    <div class="detail">
      <h3>{t('context')}</h3>
      <dl class="context">
        {Object.entries(decision.context).map(([name, value]) => (
          <div key={name}>
            <dt>{formatName(name)}</dt>
            <dd>{contextText(value)}</dd>
          </div>
        ))}
      </dl>
      <h3>{t('candidates')}</h3>
      <Candidates candidates={decision.candidates} />
      <h3>{t('tasks')}</h3>
      <DecisionTasks ids={decision.task_ids} />
      <h3>{t('outcome')}</h3>
      <p>
        <Outcome outcome={decision.outcome} />
      </p>
      <p class="muted small identity">
        {t('trigger')}: {formatText(decision.trigger)} · {t('policy')}: {formatText(decision.policy_version)}{' '}
        · {t('model')}: {decision.model ?? t('policyAlone')} · <code>{decision.id}</code>
      </p>
    </div>
  );
}

function outcomeMark(outcome: Decision['outcome']): { sign: string; word: string; tone: string } {
  if (outcome === null) return { sign: '○', word: t('outcomeOpen'), tone: '' };
  if (outcome.successful === true) return { sign: '●', word: t('outcomeGood'), tone: 'good' };
  return { sign: '▲', word: t('outcomeBad'), tone: 'bad' };
}

/** The mode, and where it came from when the decision changed it. */
function modeText({ mode, previous_mode }: Decision): string {
  const changed = previous_mode !== null && previous_mode !== mode;
  return changed ? `${previous_mode} → ${formatText(mode)}` : formatText(mode);
}

function DecisionRow({ decision }: { decision: Decision }) {
  const [open, setOpen] = useState(false);
  const mark = outcomeMark(decision.outcome);
  return (
    <details class="decision" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="line">
          <span class={`mark ${mark.tone}`} role="img" aria-label={mark.word} title={mark.word}>
            {mark.sign}
          </span>
          <Time at={decision.at} />
          <Badge tone={toneOf(decision.action)}>{formatName(decision.action)}</Badge>
          <span class="muted">{modeText(decision)}</span>
          <span class="number end" title={t('confidence')}>
            {formatShare(decision.confidence)}
          </span>
        </span>
        <span class="why">{formatText(decision.reasoning)}</span>
      </summary>
      {open && <Detail decision={decision} />}
    </details>
  );
}

export function Decisions() {
  const decisions = useDashboard((state) => state.decisions);
  return (
    <Panel area="decisions" title={t('decisions')} part="decisions">
      <Scroll label={t('decisions')}>
        {decisions.length === 0 && <Empty part="decisions" word="noDecisions" />}
        {decisions.map((decision) => (
          <DecisionRow key={decision.id} decision={decision} />
        ))}
      </Scroll>
    </Panel>
  );
}
