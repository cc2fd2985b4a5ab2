// Text that strangers wrote (token names, symbols): cleaned and cut so that it can be shown and stored as data.
// It must never become an instruction, markup or a terminal command; what is left is still untrusted.

/** Beyond this many characters nothing is even looked at. */
const maxCharsRead = 4_000;

/**
 * One line of plain text of at most `maxChars` characters: tags, control, format (zero width, bidirectional),
 * private-use and broken surrogate characters removed, white space folded. Empty when nothing readable is left.
 */
export function outsideText(value: string, maxChars: number): string {
  const plain = value
    .slice(0, maxCharsRead)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/<[^<>]{0,500}>/g, ' ')
    .replaceAll(/[<>]/g, ' ')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\uFFFD]/gu, '')
    .trim();
  // Cut by code points: half a surrogate pair cannot be stored.
  return [...plain.slice(0, maxChars * 2)]
    .slice(0, maxChars)
    .join('')
    .toWellFormed()
    .replaceAll('\uFFFD', '')
    .trim();
}
