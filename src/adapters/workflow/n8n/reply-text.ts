// Text from a workflow is somebody else's: it is kept as a short, readable quotation and never read as anything else.

/** Characters of a quotation; the rest is cut off and marked. */
const maxQuotedChars = 240;

/** The text in quotation marks on one line: control, format and broken characters become spaces, quotes are doubled to single. */
export function quoted(text: string): string {
  const readable = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('"', "'")
    .trim();
  const characters = [...readable];
  const shown = characters.slice(0, maxQuotedChars).join('');
  return `"${shown}${characters.length > maxQuotedChars ? '…' : ''}"`;
}
