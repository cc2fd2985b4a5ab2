// Takes keys out of any text that came from a provider: some echo the key, a hostile one on purpose.

const shownLength = 400;
/** Forms of keys that are not ours to know, such as another organisation's in an error text. */
const keyForm = /\b(?:sk|gsk|xai|pk)[-_][A-Za-z0-9_*-]{8,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/g;

export function hideKeys(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const secret of secrets) if (secret.length >= 4) hidden = hidden.replaceAll(secret, '(hidden)');
  return hidden.replaceAll(keyForm, '(hidden)');
}

/** One line for a person, without keys and cut. */
export function shortDetail(text: string, secrets: readonly string[]): string {
  return hideKeys(text, secrets)
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, shownLength)
    .toWellFormed();
}
