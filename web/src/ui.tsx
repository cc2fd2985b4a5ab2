// Small pieces every panel is made of. They show text as text; none of them may ever set HTML.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { serverNow, useNow } from './clock.ts';
import { formatSpan, formatTime } from './format.ts';
import { t } from './i18n.ts';
import { useDashboard } from './store.ts';
import type { Word } from './words.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'calm' | 'accent';

export function Badge({ tone = 'calm', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** A titled region. `part` is the request it depends on: while that fails the panel says so. */
export function Panel(props: {
  area: string;
  title: string;
  part?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const failed = useDashboard((state) => props.part !== undefined && state.failed[props.part] === true);
  const id = `panel-${props.area}`;
  return (
    <section class={`panel ${props.area}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </header>
      {failed && <p class="part-failed">{t('partFailed')}</p>}
      {props.children}
    </section>
  );
}

/** A part that scrolls by itself and can be reached with the keyboard. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** What stands in an empty list: loading until the first answer, then the given sentence. */
export function Empty({ part, word }: { part: string; word: Word }) {
  const loaded = useDashboard((state) => state.loaded[part] === true);
  return <p class="empty">{loaded ? t(word) : `${t('loading')} …`}</p>;
}

export function Fact({ label, children, tone }: { label: string; children: ComponentChildren; tone?: Tone }) {
  return (
    <div class={`fact ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A sentence with a living age, such as "since 12 s". */
export function Age({ at, word, until = false }: { at: number | null; word?: Word; until?: boolean }) {
  const now = useNow();
  if (at === null) return <span>{t('unknown')}</span>;
  const age = formatSpan(until ? at - now : now - at);
  return <span>{word === undefined ? age : t(word, { age })}</span>;
}

export function Time({ at }: { at: number | null }) {
  if (at === null) return <span>{t('unknown')}</span>;
  return <time dateTime={new Date(at).toISOString()}>{formatTime(at, serverNow())}</time>;
}

/** A bar of a 0..1 share, with its number beside it. */
export function Meter({
  share,
  tone = 'accent',
  label,
}: {
  share: number | null;
  tone?: Tone;
  label: string;
}) {
  const percent = share === null ? 0 : Math.max(0, Math.min(1, share)) * 100;
  return (
    <span class={`meter ${tone}`} role="img" aria-label={label}>
      <span style={{ width: `${percent}%` }} />
    </span>
  );
}

/** A modal dialog by the browser's own element: focus is kept inside and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} onClose={onClose} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
