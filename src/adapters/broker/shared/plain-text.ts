// Text from a venue or a library made fit for logs and journal: one short line, no address with its signed query,
// never a secret.

const maxLength = 200;

export type Redact = (value: unknown) => string;

/** Cuts secrets, also as they look inside a URL, and everything behind the `?` of an address. */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const hidden = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length > 3)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((left, right) => right.length - left.length);
  return (value) => {
    let text = value instanceof Error ? value.message : String(value);
    text = text.replaceAll(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1');
    for (const secret of hidden) text = text.replaceAll(secret, '***');
    return text
      .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
      .trim()
      .slice(0, maxLength);
  };
}
