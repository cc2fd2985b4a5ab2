// Reads an answer's body as text, and stops reading where it grows beyond all reason.

/** Throws what `tooLarge` makes of the reason when the body has more than `maxBytes`. */
export async function boundedText(
  response: Response,
  maxBytes: number,
  tooLarge: (reason: string) => Error,
): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
