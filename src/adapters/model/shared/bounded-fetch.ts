// HTTP for model calls: never follows a redirect (it would carry the key along) and never reads more than a bound.

/** Whole response bodies beyond this are given up; an answer of 200 KB is still read, and then rejected for its length. */
const maxBodyBytes = 512 * 1_024;

export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong';
}

/** Same signature as the global fetch. Throws BodyTooLong; network failures and aborts as fetch throws them. */
export const boundedFetch: typeof globalThis.fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' });
  const { status, statusText, headers, body } = response;
  if (body === null) return response;
  const text = await readBounded(body);
  return new Response(text, { status, statusText, headers });
};

async function readBounded(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw new BodyTooLong(`the answer is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
