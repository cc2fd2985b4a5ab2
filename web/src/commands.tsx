// Buttons that act: they confirm what is grave, post, ask for the token on 401, and say how it went.
import { useState } from 'preact/hooks';
import { ApiError, keepToken, postJson, readToken } from './api.ts';
import { t, useLanguage } from './i18n.ts';
import { createListeners, useRenderOn } from './listeners.ts';
import { Dialog } from './ui.tsx';
import type { Word } from './words.ts';

export interface Command {
  readonly word: Word;
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly confirm?: { readonly title: string; readonly text: string };
}

interface Desk {
  readonly asking: Command | null;
  /** The command that waits for a token, or 'reading' when even reading needs one. */
  readonly needsToken: Command | 'reading' | null;
  readonly tokenWasWrong: boolean;
  readonly said: { readonly text: string; readonly good: boolean } | null;
}

/** How long a good word stays; a bad one stays until it is read away. */
const saidForMs = 8_000;
const changes = createListeners();
let desk: Desk = { asking: null, needsToken: null, tokenWasWrong: false, said: null };
let refusedToken: string | null | undefined;
let afterCommand: () => void = () => {};

function set(next: Partial<Desk>): void {
  desk = { ...desk, ...next };
  changes.call();
}

/** Told once by the page: what to do after a command was accepted, such as asking for fresh data. */
export function onCommandDone(done: () => void): void {
  afterCommand = done;
}

async function send(command: Command): Promise<void> {
  set({ asking: null, needsToken: null });
  try {
    await postJson(command.path, { by: 'page', reason: 'asked on the page', ...command.body });
    const said = { good: true, text: t('sent', { command: t(command.word) }) };
    set({ said });
    setTimeout(() => {
      if (desk.said === said) set({ said: null });
    }, saidForMs);
    afterCommand();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      set({ needsToken: command, tokenWasWrong: readToken() !== null });
      keepToken(null);
      return;
    }
    const reason =
      error instanceof ApiError && error.status === 0 ? t('lost') : String((error as Error).message);
    set({ said: { good: false, text: t('failed', { command: t(command.word), reason }) } });
  }
}

/** Asks for the token because reading was refused; at most once per token, so that a cancelled dialog stays away. */
export function askForToken(): void {
  const token = readToken();
  if (desk.needsToken !== null || refusedToken === token) return;
  refusedToken = token;
  set({ needsToken: 'reading', tokenWasWrong: token !== null });
}

function takeToken(token: string, waiting: Command | 'reading'): void {
  keepToken(token.trim());
  if (waiting !== 'reading') {
    void send(waiting);
    return;
  }
  set({ needsToken: null });
  afterCommand();
}

export function CommandButton({ command, tone = '' }: { command: Command; tone?: string }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    if (command.confirm !== undefined) {
      set({ asking: command });
      return;
    }
    setBusy(true);
    await send(command);
    setBusy(false);
  };
  return (
    <button type="button" class={tone} aria-busy={busy} disabled={busy} onClick={() => void press()}>
      {t(command.word)}
    </button>
  );
}

function ConfirmDialog({ command, title, text }: { command: Command; title: string; text: string }) {
  return (
    <Dialog title={title} onClose={() => set({ asking: null })}>
      <p>{text}</p>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void send(command);
        }}
      >
        <button type="button" onClick={() => set({ asking: null })}>
          {t('cancel')}
        </button>
        <button type="submit" class="danger">
          {t(command.word)}
        </button>
      </form>
    </Dialog>
  );
}

function TokenDialog({ waiting }: { waiting: Command | 'reading' }) {
  const [token, setToken] = useState('');
  return (
    <Dialog title={t('tokenTitle')} onClose={() => set({ needsToken: null })}>
      {desk.tokenWasWrong && (
        <p class="bad" role="alert">
          {t('tokenWrong')}
        </p>
      )}
      <p>{t('tokenText')}</p>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          takeToken(token, waiting);
        }}
      >
        <label>
          {t('token')}
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="button" onClick={() => set({ needsToken: null })}>
          {t('cancel')}
        </button>
        <button type="submit" class="primary">
          {t('confirm')}
        </button>
      </form>
    </Dialog>
  );
}

/** The dialogs and the last word about a command; placed once on the page. */
export function CommandDesk() {
  useRenderOn(changes);
  useLanguage();
  const { asking, needsToken, said } = desk;
  return (
    <>
      <p class={`said ${said?.good === false ? 'bad' : 'good'}`} role="status" aria-live="polite">
        {said !== null && (
          <>
            <span>{said.text}</span>
            <button type="button" class="quiet" aria-label="OK" onClick={() => set({ said: null })}>
              ✕
            </button>
          </>
        )}
      </p>
      {asking?.confirm !== undefined && <ConfirmDialog command={asking} {...asking.confirm} />}
      {needsToken !== null && <TokenDialog waiting={needsToken} />}
    </>
  );
}
