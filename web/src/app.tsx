// The page as a whole: banners, key figures and the panels in reading order.
import { CommandDesk } from './commands.tsx';
import type { Feed } from './feed.ts';
import { t, useLanguage } from './i18n.ts';
import { Budgets } from './panels/budgets.tsx';
import { Care } from './panels/care.tsx';
import { Decisions } from './panels/decisions.tsx';
import { Equity } from './panels/equity.tsx';
import { DataBanner, Header, LostBanner } from './panels/header.tsx';
import { Health } from './panels/health.tsx';
import { Incidents } from './panels/incidents.tsx';
import { KeyFigures } from './panels/key-figures.tsx';
import { Learning } from './panels/learning.tsx';
import { MarketCandidates } from './panels/market-candidates.tsx';
import { Orders } from './panels/orders.tsx';
import { Positions } from './panels/positions.tsx';
import { PriceChart } from './panels/price-chart.tsx';
import { Refusals } from './panels/refusals.tsx';
import { Schedule } from './panels/schedule.tsx';
import { Sessions } from './panels/sessions.tsx';
import { Signals } from './panels/signals.tsx';
import { Sources } from './panels/sources.tsx';
import { Tasks } from './panels/tasks.tsx';
import { useDashboard } from './store.ts';

function Footer() {
  const version = useDashboard((state) => state.overview.version);
  return (
    <footer>
      <span>
        ato {version} · {t('utc')} {t('honest')}
      </span>
      <span>
        <a href="/docs">{t('api')}</a> ·{' '}
        <a href="https://www.tradingview.com/" rel="noreferrer noopener" target="_blank">
          {t('charts')}
        </a>
      </span>
    </footer>
  );
}

export function App({ feed }: { feed: Feed }) {
  const language = useLanguage();
  const connection = useDashboard((state) => state.connection.state);
  // A change of language renders everything anew: every word and number format depends on it.
  return (
    <div class="page" key={language} data-connection={connection}>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <Header />
      <LostBanner feed={feed} />
      <DataBanner />
      <CommandDesk />
      <main id="main" tabIndex={-1}>
        <KeyFigures />
        <div class="grid">
          <Decisions />
          <PriceChart feed={feed} />
          <Positions />
          <Equity />
          <Signals />
          <Tasks />
          <Health />
          <Orders />
          <Incidents />
          <Refusals />
        </div>
        <div class="markets">
          <Schedule />
          <Budgets />
          <Learning />
          <Sources />
          <Sessions />
          <MarketCandidates />
          <Care />
        </div>
      </main>
      <Footer />
    </div>
  );
}
