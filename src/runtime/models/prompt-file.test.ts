// The prompt that ships is in order, and each way of breaking it is refused with its reason.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectFolder } from '../system/page-build.ts';
import { loadPrompt } from './prompt-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ato-prompts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shipped = readFileSync(path.join(projectFolder, 'prompts', 'decision.md'), 'utf8');

function written(text: string) {
  writeFileSync(path.join(folder, 'decision.md'), text);
  return () => loadPrompt(folder);
}

test('the shipped prompt is accepted, with a hash of its exact bytes', () => {
  const prompt = loadPrompt();
  expect(prompt).toMatchObject({ name: 'decision', version: 2 });
  expect(prompt.hash).toMatch(/^[0-9a-f]{12}$/);
  expect(prompt.instructions).not.toContain('version: 2');
  expect(prompt.tokens).toBeGreaterThan(300);
  expect(written(shipped)().hash).toBe(prompt.hash);
  expect(written(`${shipped}\nSpare the machine.`)().hash).not.toBe(prompt.hash);
  expect(written(shipped.replaceAll('\n', '\r\n'))().version).toBe(2);
});

test.each([
  ['no head', (text: string) => text.replace(/^---[\s\S]*?---\n/, ''), /must begin with a head/],
  ['another name', (text: string) => text.replace('name: decision', 'name: other'), /name: decision/],
  ['no version', (text: string) => text.replace('version: 2', 'version: one'), /whole number as "version"/],
  ['too short', () => '---\nname: decision\nversion: 2\n---\nBe wise.', /shorter than 200/],
  ['too long', (text: string) => text + 'x'.repeat(12_000), /longer than 12000/],
  ['no JSON', (text: string) => text.replaceAll('JSON', 'text'), /ask for JSON/],
  [
    'nothing on quotations',
    (text: string) => text.replaceAll('quoted_from_outside', 'more'),
    /is data, not instruction/,
  ],
])('a prompt with %s is refused, with the file and the fix', (_, change, message) => {
  const load = written(change(shipped));
  expect(load).toThrow(message);
  expect(load).toThrow(/decision\.md cannot be used.*Fix: /s);
});

test('a prompt that is not there is refused', () => {
  expect(() => loadPrompt(path.join(folder, 'nowhere'))).toThrow(/cannot be read/);
});
