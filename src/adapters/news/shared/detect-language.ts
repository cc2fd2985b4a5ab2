// The language of a text: as its feed says, unless its script says otherwise. It must never guess between Latin ones.

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Greek}/gu, 'el'],
];
/** Share of letters above which a script decides. */
const decisiveShare = 0.25;

/** ISO 639 code, `und` when nobody knows. */
export function languageOf(text: string, ...declared: readonly (string | null)[]): string {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const kana = count(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu);
  for (const [pattern, language] of scripts) {
    // Japanese is mostly Han: any kana decides.
    const share = language === 'ja' && kana > 0 ? kana + count(/\p{Script=Han}/gu) : count(pattern);
    if (letters > 0 && share / letters > decisiveShare) return language;
  }
  for (const claim of declared) {
    const code = /^([a-z]{2,3})(?:[-_]|$)/i.exec(claim?.trim() ?? '')?.[1];
    if (code !== undefined) return code.toLowerCase();
  }
  return 'und';
}
