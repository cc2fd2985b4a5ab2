// Ids as functions of content: the same parts always give the same id, so a replay or a retry cannot make another.
import { hash } from 'node:crypto';

const idHexLength = 20;

/** `prefix-` followed by 80 bits of SHA-256 over the parts. */
export function contentId(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}-${hash('sha256', parts.join('\u001f'), 'hex').slice(0, idHexLength)}`;
}
