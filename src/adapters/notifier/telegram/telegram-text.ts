// Alerts and answers as Telegram HTML: everything that comes from elsewhere is escaped, and cut to what one message holds.
import type { EffectDataByKind } from '../../../shared/bus/effects.ts';

/** Telegram takes 4,096 characters after entity parsing; a little is left for the frame. */
const maxTextCharacters = 3_800;
/** Controls and marks that reorder text, so that quoted text cannot dress up as another message. */
const unsafe = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Plain text for HTML mode. Line ends stay. */
export function escaped(text: string): string {
  const plain = text.toWellFormed().replaceAll(unsafe, (sign) => (sign === '\n' ? '\n' : ' '));
  const characters = [...plain];
  const cut =
    characters.length <= maxTextCharacters ? plain : `${characters.slice(0, maxTextCharacters).join('')}...`;
  return cut.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const marks = { info: 'INFO', warning: 'WARNING', critical: 'CRITICAL' } as const;

/** One alert as a message. */
export function alertMessage({ severity, phase, text }: EffectDataByKind['alert.send']): string {
  const head = phase === 'resolved' ? 'RESOLVED' : phase === 'digest' ? 'DIGEST' : marks[severity];
  const update = phase === 'updated' ? ' (update)' : '';
  return `<b>${head}</b>${update}\n${escaped(text)}`;
}
