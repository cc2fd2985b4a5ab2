// The top of the page: what runs, in which mode, whether the data is real, and the buttons that steer it.
import { useNow } from '../clock.ts';
import { CommandButton } from '../commands.tsx';
import type { Feed } from '../feed.ts';
import { notRealData } from '../fold.ts';
import { formatName, formatSpan, formatText, formatTime } from '../format.ts';
import { switchLanguage, t } from '../i18n.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge } from '../ui.tsx';

function Countdown() {
  const at = useDashboard((state) => state.overview.nextDecisionAt);
  const running = useDashboard((state) => state.overview.running);
  const now = useNow();
  if (at === null || running === false) return <>{running === false ? '–' : t('unknown')}</>;
  return <>{at <= now ? t('due') : formatSpan(at - now)}</>;
}

function ConnectionSign() {
  const connection = useDashboard((state) => state.connection);
  const now = useNow();
  const tone = connection.state === 'live' ? 'good' : connection.state === 'lost' ? 'bad' : 'warn';
  return (
    <span class="connection" data-state={connection.state}>
      <Badge tone={tone}>
        <span class="dot" aria-hidden="true" />
        {t(connection.state)}
      </Badge>
      <time class="now">{formatTime(now)} UTC</time>
    </span>
  );
}

export function LostBanner({ feed }: { feed: Feed }) {
  const connection = useDashboard((state) => state.connection);
  const now = useNow() - connection.serverAheadMs;
  if (connection.state !== 'lost') return null;
  const wait = formatSpan((connection.retryAt ?? now) - now);
  return (
    <div class="banner lost" role="alert">
      <span>
        {connection.heardAt === null
          ? t('lostNever', { wait })
          : t('lostDetail', { wait, age: formatSpan(now - connection.heardAt) })}
      </span>
      <button type="button" onClick={() => feed.retryNow()}>
        {t('retryNow')}
      </button>
    </div>
  );
}

export function DataBanner() {
  const dataKind = useDashboard((state) => state.overview.dataKind);
  const sources = useDashboard((state) => state.sources);
  const runMode = useDashboard((state) => state.overview.runMode);
  const notReal = notRealData(dataKind, sources);
  return (
    <>
      {runMode === 'live' && (
        <div class="banner money" role="note">
          <strong>{t('liveMoneyTitle')}</strong> {t('liveMoneyDetail')}
        </div>
      )}
      {notReal !== null && (
        <div class="banner not-real" role="note">
          <strong>{t(notReal.kind === 'simulated' ? 'simulatedTitle' : 'recordedTitle')}</strong>{' '}
          <span>
            {t(notReal.kind === 'simulated' ? 'simulatedDetail' : 'recordedDetail')}{' '}
            {notReal.sources.length > 0 && t('fromSources', { sources: notReal.sources.join(', ') })}
          </span>
        </div>
      )}
    </>
  );
}

function Buttons() {
  const running = useDashboard((state) => state.overview.running);
  const trading = useDashboard((state) => state.overview.tradingState);
  return (
    <fieldset class="buttons" aria-label={t('orchestrator')}>
      {running !== true && (
        <CommandButton tone="primary" command={{ word: 'start', path: '/control/start' }} />
      )}
      {running !== false && <CommandButton command={{ word: 'stop', path: '/control/stop' }} />}
      <CommandButton command={{ word: 'forceDecision', path: '/control/force-decision' }} />
      {trading !== 'active' && (
        <CommandButton
          command={{
            word: 'resume',
            path: '/trading/resume',
            confirm: { title: t('resumeTitle'), text: t('resumeText') },
          }}
        />
      )}
      {trading === 'active' && (
        <CommandButton
          command={{
            word: 'reduceOnly',
            path: '/trading/reduce-only',
            confirm: { title: t('reduceOnlyTitle'), text: t('reduceOnlyText') },
          }}
        />
      )}
      {trading !== 'halted' && (
        <CommandButton
          tone="danger"
          command={{
            word: 'halt',
            path: '/trading/halt',
            confirm: { title: t('haltTitle'), text: t('haltText') },
          }}
        />
      )}
    </fieldset>
  );
}

function Facts() {
  const overview = useDashboard((state) => state.overview);
  return (
    <dl class="header-facts">
      <div>
        <dt>{t('marketMode')}</dt>
        <dd>
          <Badge tone={toneOf(overview.mode)}>{formatText(overview.mode)}</Badge>
        </dd>
      </div>
      <div>
        <dt>{t('runMode')}</dt>
        <dd>
          <Badge tone={overview.runMode === 'live' ? 'bad' : 'calm'}>{formatText(overview.runMode)}</Badge>
        </dd>
      </div>
      <div>
        <dt>{t('orchestrator')}</dt>
        <dd>
          <Badge tone={overview.running === null ? 'calm' : overview.running ? 'good' : 'warn'}>
            {overview.running === null ? t('unknown') : t(overview.running ? 'running' : 'stopped')}
          </Badge>
        </dd>
      </div>
      <div>
        <dt>{t('trading')}</dt>
        <dd title={overview.tradingReason ?? undefined}>
          <Badge tone={toneOf(overview.tradingState)}>{formatName(overview.tradingState)}</Badge>
        </dd>
      </div>
      <div class="countdown">
        <dt>{t('nextDecision')}</dt>
        <dd>
          <Countdown />
        </dd>
      </div>
    </dl>
  );
}

export function Header() {
  return (
    <header class="top">
      <div class="brand">
        <img src="/favicon.svg" alt="" width="26" height="26" />
        <h1>
          ato <span>{t('title')}</span>
        </h1>
      </div>
      <Facts />
      <Buttons />
      <ConnectionSign />
      <button type="button" class="quiet" onClick={switchLanguage} title={t('languageHint')}>
        {t('language')}
      </button>
    </header>
  );
}
