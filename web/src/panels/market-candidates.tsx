// New instruments under examination: which filters each passed and failed with its values, and what is known of its
// safety. "Unknown" is shown as its own value. Names are strangers' text and stay text.
import { useState } from 'preact/hooks';
import { formatName, formatNumber, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Filter, MarketCandidate } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { Age, Badge, Empty, Panel, Scroll } from '../ui.tsx';

const maxShown = 50;
const maxValueChars = 60;
const maxOrigins = 3;

/** A value of any kind as short text; what was not sent is unknown, never zero. */
function plain(value: unknown): string {
  if (value === null || value === undefined || value === '' || value === 'unknown') return t('unknown');
  if (typeof value === 'number') return formatNumber(value, 4);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return written.length > maxValueChars ? `${written.slice(0, maxValueChars)}…` : written;
}

function Filters({ title, filters }: { title: string; filters: readonly Filter[] }) {
  if (filters.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl class="context">
        {filters.map(({ name, value, rule, limit }) => (
          <div key={name}>
            <dt>{formatName(name)}</dt>
            <dd>{t('filterValue', { value: plain(value), rule: ruleText(rule), limit: plain(limit) })}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const ruleWords = { 'at least': 'atLeast', 'at most': 'atMost', is: 'mustBe' } as const;

function ruleText(rule: string | null): string {
  return rule !== null && Object.hasOwn(ruleWords, rule)
    ? t(ruleWords[rule as keyof typeof ruleWords])
    : t('limit');
}

function Detail({ candidate }: { candidate: MarketCandidate }) {
  const by = (outcome: string) => candidate.filters.filter((filter) => filter.outcome === outcome);
  const safety = Object.entries(candidate.safety);
  return (
    <div class="detail">
      <Filters title={t('filtersFailed')} filters={by('failed')} />
      <Filters title={t('filtersUnknown')} filters={by('unknown')} />
      <Filters title={t('filtersPassed')} filters={by('passed')} />
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
  const { filters, verdict } = candidate;
  const passed = filters.filter(({ outcome }) => outcome === 'passed');
  const counts = { passed: String(passed.length), all: String(filters.length) };
  const found = candidate.origins.map(
    ({ origin, source }) => `${formatName(origin)} (${formatText(source)})`,
  );
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="line">
          <strong>{formatText(candidate.symbol)}</strong>
          <Badge>{formatText(candidate.chain)}</Badge>
          <span class="end">
            <Badge tone={verdict === 'eligible' ? 'good' : verdict === 'rejected' ? 'bad' : 'warn'}>
              {t('passedOf', counts)}
            </Badge>
          </span>
        </span>
        {candidate.name !== null && candidate.name !== '' && <span class="why">{candidate.name}</span>}
        <span class="muted small">
          {[...new Set(found)].slice(0, maxOrigins).join(', ')} ·{' '}
          <Age at={candidate.first_seen_at} word="foundAgo" />
        </span>
      </summary>
      {open && <Detail candidate={candidate} />}
    </details>
  );
}

export function MarketCandidates() {
  const candidates = useDashboard((state) => state.marketCandidates);
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
