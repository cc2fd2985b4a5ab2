// The analyst's claims: each with its reasoning and the numbers that carried it.
import { useState } from 'preact/hooks';
import { useNow } from '../clock.ts';
import { formatName, formatNumber, formatPrice, formatShare, formatSpan, formatText } from '../format.ts';
import { t } from '../i18n.ts';
import type { Signal } from '../rows.ts';
import { useDashboard } from '../store.ts';
import { toneOf } from '../tones.ts';
import { Badge, Empty, Panel, Scroll, Time } from '../ui.tsx';

function Expiry({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return <>{t('unknown')}</>;
  return <>{at <= now ? t('expired') : t('expires', { age: formatSpan(at - now) })}</>;
}

function Detail({ signal }: { signal: Signal }) {
  return (
    <div class="detail">
      <dl class="context">
        <div>
          <dt>{t('strategy')}</dt>
          <dd>
            {formatText(signal.strategy)} {formatText(signal.timeframe)}
          </dd>
        </div>
        <div>
          <dt>{t('reference')}</dt>
          <dd>{formatPrice(signal.reference_price)}</dd>
        </div>
        <div>
          <dt>{t('atr')}</dt>
          <dd>{formatPrice(signal.average_true_range)}</dd>
        </div>
      </dl>
      <h3>{t('evidence')}</h3>
      <dl class="context">
        {signal.evidence.map((item) => (
          <div key={item.name}>
            <dt>{formatName(item.name)}</dt>
            <dd title={item.at === null ? undefined : new Date(item.at).toISOString()}>
              {formatNumber(item.value, 6)}
            </dd>
          </div>
        ))}
      </dl>
      <p class="muted small identity">
        <code>{signal.signal_id}</code>
      </p>
    </div>
  );
}

function SignalRow({ signal }: { signal: Signal }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="line">
          <Time at={signal.issued_at} />
          <Badge tone={toneOf(signal.action)}>{formatText(signal.action)}</Badge>
          <strong>{formatText(signal.symbol)}</strong>
          <span class="number end" title={t('confidence')}>
            {formatShare(signal.confidence)}
          </span>
        </span>
        <span class="why">{formatText(signal.reasoning)}</span>
        <span class="muted small">
          <Expiry at={signal.expires_at} />
        </span>
      </summary>
      {open && <Detail signal={signal} />}
    </details>
  );
}

export function Signals() {
  const signals = useDashboard((state) => state.signals);
  return (
    <Panel area="signals" title={t('signals')} part="signals">
      <Scroll label={t('signals')}>
        {signals.length === 0 && <Empty part="signals" word="noSignals" />}
        {signals.map((signal) => (
          <SignalRow key={signal.signal_id} signal={signal} />
        ))}
      </Scroll>
    </Panel>
  );
}
