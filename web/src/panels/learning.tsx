// What the orchestrator has learnt from its decisions, and how sure it is.
import { formatNumber, formatShare, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { LearningRow } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Badge, Empty, Panel, Scroll } from '../ui.tsx';

type Cell = LearningRow['cells'][number];

/** Dimensions shown one by one; 24 hours would fill the page, and are in the API. */
const shown = ['all', 'mode', 'session', 'regime', 'api', 'kind'];

function nameOf({ dimension, value }: Cell): string {
  return dimension === 'all' ? t('allDecisions') : `${formatText(dimension)} ${formatText(value)}`;
}

function Rate({ cell }: { cell: Cell }) {
  const { kept, caught } = cell;
  const [mean, lo, hi] = [kept?.mean ?? null, kept?.lo ?? null, kept?.hi ?? null];
  return (
    <li>
      <span class="line">
        <strong>{nameOf(cell)}</strong>
        <span class="number end">{formatShare(mean)}</span>
      </span>
      <span class="interval" aria-hidden="true">
        <span
          class="band"
          style={{ left: `${(lo ?? 0) * 100}%`, width: `${Math.max(0, (hi ?? 0) - (lo ?? 0)) * 100}%` }}
        />
        <span class="mark" style={{ left: `${(mean ?? 0) * 100}%` }} />
      </span>
      <span class="muted small">
        {t('sureness', {
          lo: formatShare(lo),
          hi: formatShare(hi),
          decisions: formatNumber(kept?.weight ?? null, 0),
        })}
        {caught === null ? '' : ` · ${t('caught', { share: formatShare(caught.mean) })}`}
      </span>
    </li>
  );
}

function Confidence({ calibration }: { calibration: LearningRow['calibration'] }) {
  return (
    <p class="muted small">
      {t('brier', {
        brier: formatNumber(calibration.brier, 3),
        base: formatNumber(calibration.brier_of_base_rate, 3),
        error: formatShare(calibration.calibration_error),
      })}
    </p>
  );
}

function Memories({ recalled }: { recalled: LearningRow['recalled'] }) {
  return (
    <ul class="plain rows">
      {recalled.map((memory, index) => (
        <li key={index}>
          <span class="line">
            <strong>{memory.kinds.length === 0 ? t('ranNothing') : memory.kinds.join(', ')}</strong>
            <span class="number end">{formatShare(memory.similarity)}</span>
          </span>
          <span class="muted small">
            {t('memoryDetail', {
              mode: formatText(memory.mode),
              kept: formatShare(memory.kept_share),
              decisions: formatNumber(memory.decisions, 0),
              net: formatNumber(memory.net, 2),
            })}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Learning() {
  const learning = useDashboard((state) => state.learning);
  const off = learning !== null && !learning.influences;
  const cells = learning?.cells.filter((cell) => shown.includes(cell.dimension ?? '')) ?? [];
  return (
    <Panel
      area="learning"
      title={t('learning')}
      part="learning"
      aside={off ? <Badge tone="warn">{t('onlyShown')}</Badge> : null}
    >
      <Scroll label={t('learning')}>
        {learning === null || cells.length === 0 ? (
          <Empty part="learning" word="noLearning" />
        ) : (
          <>
            <Confidence calibration={learning.calibration} />
            <ul class="plain rows">
              {cells.map((cell) => (
                <Rate key={`${cell.dimension} ${cell.value}`} cell={cell} />
              ))}
            </ul>
            <h3>
              {t('likeNow')} <span class="count">{learning.recalled.length}</span>
            </h3>
            <Memories recalled={learning.recalled} />
          </>
        )}
      </Scroll>
    </Panel>
  );
}
