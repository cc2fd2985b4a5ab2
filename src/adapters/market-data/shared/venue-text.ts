// Text that came from a venue or from a library's error, made fit for logs: one short line, and never a secret.

const maxChars = 160;

export type Redact = (text: string) => string;

/** Cuts secrets, also as they look inside a URL, out of any text, and makes one line of it. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hidden = [
    ...new Set(
      secrets.flatMap((secret) =>
        secret === undefined || secret === '' ? [] : [secret, encodeURIComponent(secret)],
      ),
    ),
  ].sort((left, right) => right.length - left.length);
  return (text) => {
    let clean = text;
    for (const secret of hidden) clean = clean.replaceAll(secret, '***');
    return clean.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').slice(0, maxChars);
  };
}

/** JSON.parse that answers undefined instead of throwing. */
export function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
