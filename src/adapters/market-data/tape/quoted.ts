// A stranger's text for a person's eyes: bounded, and nothing in it that a terminal would obey.

const maxShownChars = 80;

/** In quotation marks, with everything but printable ASCII and letters written as an escape. */
export function quoted(text: string): string {
  const shown = text.length > maxShownChars ? `${text.slice(0, maxShownChars)}...` : text;
  const plain = shown.replace(
    /[^\x20-\x7e\p{L}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${plain}"`;
}
