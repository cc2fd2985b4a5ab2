// The page's words in English and French. Only the page's own words: text from the server is shown as it came.
import { setFormat } from './format.ts';
import { createListeners, useRenderOn } from './listeners.ts';
import { english, type Word } from './words.ts';
import { french } from './words-french.ts';

type Language = 'en' | 'fr';

const languageKey = 'ato.language';
const switches = createListeners();
let language: Language = 'en';

function apply(next: Language): void {
  language = next;
  document.documentElement.lang = next;
  setFormat(next === 'fr' ? 'fr-FR' : 'en-GB', t('unknown'));
}

/** The words of the chosen language; `{name}` places take the given values as plain text. */
export function t(word: Word, values: Readonly<Record<string, string>> = {}): string {
  const sentence = (language === 'fr' ? french : english)[word];
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** Reads the kept choice; the browser's language where there is none. */
export function startLanguage(): void {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(languageKey);
  } catch {
    // Storage may be closed; the browser's language then.
  }
  apply((kept ?? navigator.language).startsWith('fr') ? 'fr' : 'en');
}

export function switchLanguage(): void {
  apply(language === 'fr' ? 'en' : 'fr');
  try {
    localStorage.setItem(languageKey, language);
  } catch {
    // The choice lasts for this visit.
  }
  switches.call();
}

/** Renders the component again when the language changes; returns it for keys and attributes. */
export function useLanguage(): Language {
  useRenderOn(switches);
  return language;
}
