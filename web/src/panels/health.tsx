// How the machine, the sources and the agents are.
import { CommandButton } from '../commands.tsx';
import {
  formatBytes,
  formatMilliseconds,
  formatName,
  formatNumber,
  formatShare,
  formatText,
} from '../format.ts';
import { t } from '../i18n.ts';
import type { Source, Vitals } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge, Empty, Fact, Panel, Scroll } from '../ui.tsx';

/** Event-loop delay above which the process is no longer prompt, milliseconds. */
const slowLoopMs = 50;

function Machine({ vitals }: { vitals: Vitals }) {
  const delay = vitals.event_loop_delay_p99_ms;
  const heapShare =
    vitals.heap_used_bytes !== null && vitals.heap_limit_bytes !== null && vitals.heap_limit_bytes > 0
      ? vitals.heap_used_bytes / vitals.heap_limit_bytes
      : null;
  return (
    <dl class="machine">
      <Fact
        label={t('loopDelay')}
        {...(delay !== null && delay > slowLoopMs ? { tone: 'warn' as const } : {})}
      >
        {formatMilliseconds(delay)}
      </Fact>
      <Fact label={t('memory')}>{formatBytes(vitals.resident_bytes)}</Fact>
      <Fact label={t('heap')} {...(heapShare !== null && heapShare > 0.85 ? { tone: 'bad' as const } : {})}>
        {formatBytes(vitals.heap_used_bytes)}{' '}
        <small>{heapShare === null ? '' : formatShare(heapShare)}</small>
      </Fact>
      <Fact label={t('disk')}>{formatBytes(vitals.disk_free_bytes)}</Fact>
      <Fact label={t('cpu')}>{formatShare(vitals.cpu_load)}</Fact>
      <Fact label={t('inbox')}>{formatNumber(vitals.inbox_depth, 0)}</Fact>
    </dl>
  );
}

function SourceLine({ source }: { source: Source }) {
  return (
    <li>
      <span class="line">
        <strong>{source.source}</strong>
        <Badge tone={toneOf(source.state)}>{formatText(source.state)}</Badge>
        <span class="number end">
          {source.latencyMs === null ? '' : formatMilliseconds(source.latencyMs)}
        </span>
      </span>
    </li>
  );
}

function Agents({ vitals }: { vitals: Vitals | null }) {
  if (vitals === null || vitals.agents.length === 0) return <Empty part="health" word="noAgents" />;
  return (
    <ul class="plain rows">
      {vitals.agents.map((row) => (
        <li key={row.agent}>
          <span class="line">
            <strong>{row.agent}</strong>
            <Badge tone={toneOf(row.state)}>{formatText(row.state)}</Badge>
            <span class="number end">{formatMilliseconds(row.mean_turn_ms)}</span>
          </span>
          <span class="muted small">
            {formatNumber(row.handled, 0)} {t('handled')} · {formatNumber(row.failures, 0)} {t('failures')} ·{' '}
            {formatNumber(row.restarts, 0)} {t('restarts')}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Health() {
  const vitals = useDashboard((state) => state.vitals);
  const sources = useDashboard((state) => state.sources);
  const worst = sources.some((row) => toneOf(row.state) === 'bad');
  const aside = <CommandButton tone="quiet" command={{ word: 'autoHeal', path: '/health/auto-heal' }} />;
  return (
    <Panel area="health" title={formatName(t('health'))} part="health" aside={aside}>
      <Scroll label={t('health')}>
        {vitals !== null && <Machine vitals={vitals} />}
        <h3>
          {t('sources')} {worst && <Badge tone="bad">!</Badge>}
        </h3>
        {sources.length === 0 ? (
          <Empty part="sources" word="noSources" />
        ) : (
          <ul class="plain rows">
            {sources.map((row) => (
              <SourceLine key={row.source} source={row} />
            ))}
          </ul>
        )}
        <h3>{t('agents')}</h3>
        <Agents vitals={vitals} />
      </Scroll>
    </Panel>
  );
}
