// Bodies of any size: read whole up to the limit, never beyond it.
import { expect, test } from 'vitest';
import { boundedText } from './bounded-text.ts';

const tooLarge = (reason: string) => new RangeError(reason);

/** A body that never ends, and how much of it was asked for. */
function endless() {
  const state = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      state.pulled += 1;
      controller.enqueue(new Uint8Array(10).fill(97));
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { state, response: new Response(body) };
}

test('a body within the limit is read whole, characters that span chunks too', async () => {
  const bytes = new TextEncoder().encode('1,5 €');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await boundedText(new Response(body), bytes.length, tooLarge)).toBe('1,5 €');
  expect(await boundedText(new Response(null, { status: 204 }), 1, tooLarge)).toBe('');
});

test('one that goes on for ever is given up at the limit and let go', async () => {
  const { state, response } = endless();
  await expect(boundedText(response, 35, tooLarge)).rejects.toThrow('the answer is larger than 35 bytes');
  expect(state.cancelled).toBe(true);
  expect(state.pulled).toBeLessThan(10);
});
