// New instruments under examination: which filters each passed and failed with its values, and what is known of its
// safety. "Unknown" is shown as its own value. The panel is absent where the server has no candidates.
import { useState } from 'preact/hooks';
import { formatName, formatNumber, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { MarketCandidate } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Age, Badge, Empty, Panel, Scroll } from '../ui.tsx';

const maxShown = 50;
const maxValueChars = 60;

/** A value of any kind as short text; what was not sent is unknown, never zero. */
function plain(value: unknown): string {
  if (value === null || value === undefined || value === '' || value === 'unknown') return t('unknown');
  if (typeof value === 'number') return formatNumber(value, 4);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return written.length > maxValueChars ? `${written.slice(0, maxValueChars)}…` : written;
}

function Filters({ title, filters }: { title: string; filters: MarketCandidate['passed'] }) {
  if (filters.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl class="context">
        {filters.map(({ filter, value, limit }) => (
          <div key={filter}>
            <dt>{formatName(filter)}</dt>
            <dd>{t('filterValue', { value: plain(value), limit: plain(limit) })}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Detail({ candidate }: { candidate: MarketCandidate }) {
  const safety = Object.entries(candidate.safety);
  return (
    <div class="detail">
      <Filters title={t('filtersFailed')} filters={candidate.failed} />
      <Filters title={t('filtersPassed')} filters={candidate.passed} />
      {safety.length > 0 && <h3>{t('safety')}</h3>}
      <dl class="context">
        {safety.map(([name, value]) => (
          <div key={name}>
            <dt>{formatName(name)}</dt>
            <dd>{plain(value)}</dd>
          </div>
        ))}
      </dl>
      <p class="muted small identity">
        <code>{formatText(candidate.address ?? candidate.id)}</code>
      </p>
    </div>
  );
}

function CandidateRow({ candidate }: { candidate: MarketCandidate }) {
  const [open, setOpen] = useState(false);
  const { passed, failed } = candidate;
  const counts = { passed: String(passed.length), all: String(passed.length + failed.length) };
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="line">
          <strong>{formatText(candidate.symbol)}</strong>
          <Badge>{formatText(candidate.chain)}</Badge>
          <span class="end">
            <Badge tone={failed.length === 0 && passed.length > 0 ? 'good' : 'warn'}>
              {t('passedOf', counts)}
            </Badge>
          </span>
        </span>
        {candidate.name !== null && <span class="why">{candidate.name}</span>}
        <span class="muted small">
          {formatText(candidate.source)} · <Age at={candidate.found_at} word="foundAgo" />
        </span>
      </summary>
      {open && <Detail candidate={candidate} />}
    </details>
  );
}

export function MarketCandidates() {
  const candidates = useDashboard((state) => state.marketCandidates);
  if (candidates === null) return null;
  return (
    <Panel
      area="market-candidates"
      title={t('newInstruments')}
      part="candidates"
      aside={<span class="count">{candidates.length}</span>}
    >
      <Scroll label={t('newInstruments')}>
        {candidates.length === 0 && <Empty part="candidates" word="noNewInstruments" />}
        {candidates.slice(0, maxShown).map((candidate) => (
          <CandidateRow key={candidate.id} candidate={candidate} />
        ))}
      </Scroll>
    </Panel>
  );
}
