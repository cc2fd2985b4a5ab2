// Where prices come from: what each source says of itself, in its own words, and how old its last data are.
import { formatMilliseconds, formatNumber, formatShare, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Source } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Age, Badge, Empty, Meter, Panel, Scroll } from '../ui.tsx';

/** Below this a source is not quite well. */
const wellShare = 0.9;

function meterTone(health: number | null): 'good' | 'warn' | 'bad' {
  if (health === null || health <= 0) return 'bad';
  return health < wellShare ? 'warn' : 'good';
}

function SourceRow({ source }: { source: Source }) {
  return (
    <li>
      <span class="line">
        <strong>{source.source}</strong>
        <Badge tone={toneOf(source.state)}>{formatText(source.state)}</Badge>
        <span class="end source-health">
          <Meter
            share={source.health}
            tone={meterTone(source.health)}
            label={`${source.source}: ${formatShare(source.health)}`}
          />
          <span class="number">{formatShare(source.health)}</span>
        </span>
      </span>
      <span class="muted small">
        {t('symbolsCount', { count: formatNumber(source.symbols.length, 0) })}
        {source.latencyMs === null ? '' : ` · ${formatMilliseconds(source.latencyMs)}`} ·{' '}
        {source.lastDataAt === null ? t('noDataYet') : <Age at={source.lastDataAt} word="lastData" />}
      </span>
      {source.detail !== null && source.detail !== '' && <span class="small">{source.detail}</span>}
    </li>
  );
}

export function Sources() {
  const sources = useDashboard((state) => state.sources);
  const bad = sources.filter((source) => toneOf(source.state) === 'bad').length;
  const count = (
    <span class={`count ${bad > 0 ? 'bad' : ''}`}>
      {sources.length - bad}/{sources.length}
    </span>
  );
  return (
    <Panel area="sources" title={t('marketSources')} part="sources" aside={count}>
      <Scroll label={t('marketSources')}>
        {sources.length === 0 ? (
          <Empty part="sources" word="noSources" />
        ) : (
          <ul class="plain rows">
            {sources.map((source) => (
              <SourceRow key={source.source} source={source} />
            ))}
          </ul>
        )}
      </Scroll>
    </Panel>
  );
}
