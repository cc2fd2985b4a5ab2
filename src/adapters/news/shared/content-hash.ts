// Ids as functions of content, so that the same item read twice, or after a restart, is the same.
import { hash } from 'node:crypto';

const idHexLength = 20;

/** `prefix-` followed by 80 bits of SHA-256 over the parts. */
export function contentHash(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}-${hash('sha256', JSON.stringify(parts), 'hex').slice(0, idHexLength)}`;
}
