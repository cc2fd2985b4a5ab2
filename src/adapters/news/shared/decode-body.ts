// Bytes to text when feeds lie about their encoding. It must never throw: an unreadable byte becomes U+FFFD.

const declarationBytes = 200;

/**
 * A byte order mark wins; then bytes that are valid UTF-8 beyond ASCII are UTF-8 whatever is claimed; then the
 * claim of the header, of the XML declaration; else UTF-8, and Windows-1252 where that cannot be.
 */
export function decodeBody(bytes: Uint8Array, contentType: string): string {
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return decode(bytes, marked, false) ?? '';
  const claimed = claimedEncoding(bytes, contentType);
  const utf8 = decode(bytes, 'utf-8', true);
  const wide = claimed?.startsWith('utf-16') === true;
  if (utf8 !== undefined && !wide && bytes.some((byte) => byte > 0x7f)) return utf8;
  if (claimed !== undefined) {
    const text = decode(bytes, claimed, true);
    if (text !== undefined) return text;
  }
  return utf8 ?? decode(bytes, 'windows-1252', false) ?? '';
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

function claimedEncoding(bytes: Uint8Array, contentType: string): string | undefined {
  const header = /charset\s*=\s*"?([\w.:-]{1,40})/i.exec(contentType)?.[1];
  const head = Buffer.from(bytes.subarray(0, declarationBytes)).toString('latin1').replaceAll('\0', '');
  const declared = /^\s*<\?xml[^>]{0,150}encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head)?.[1];
  return [header, declared].find((label) => label !== undefined && isKnown(label))?.toLowerCase();
}

function isKnown(label: string): boolean {
  return decode(new Uint8Array(), label, false) !== undefined;
}

function decode(bytes: Uint8Array, label: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(label, { fatal }).decode(bytes);
  } catch {
    return undefined;
  }
}
