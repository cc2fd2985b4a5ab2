// Whatever text comes, what is stored can be held by PostgreSQL and the true text can be had back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storedJson, storedKey, trueKey } from './stored-text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({
    unit: fc.constantFrom('\0', '\ud800', '\udc00', '\\', 'u', '0', 'd', '8', '"', '\ufffd'),
    maxLength: 40,
  }),
);

test('any key is holdable and comes back; different keys stay different', () => {
  fc.assert(
    fc.property(anyText, anyText, (left, right) => {
      const stored = storedKey(left);
      expect(stored.key).not.toContain('\0');
      expect(stored.key.isWellFormed()).toBe(true);
      expect(stored.key.length).toBeLessThanOrEqual(400);
      expect(trueKey(stored.key, stored.exactKey)).toBe(left);
      expect(storedKey(right).key === stored.key).toBe(left === right);
    }),
    { numRuns: 2_000 },
  );
});

test('any value has readable JSON without what PostgreSQL refuses, and its exact text', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText), (value) => {
      const stored = storedJson(value);
      expect(stored.exactText ?? stored.text).toBe(JSON.stringify(value));
      const shown: unknown = JSON.parse(stored.text);
      const texts = Object.entries(shown as Record<string, string>).flat();
      expect(texts.every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
      const original = Object.entries(value).flat();
      if (original.every((text) => text.isWellFormed() && !text.includes('\0')))
        expect(stored.exactText).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

test('a value without JSON form is refused', () => {
  expect(() => storedJson(undefined)).toThrow(TypeError);
});
