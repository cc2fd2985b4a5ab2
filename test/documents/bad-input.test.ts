// docs/orchestrator.md names a test for each bad input and a place for each of the twelve wishes: they must exist.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readDocument } from '../support/api-document.ts';
import { projectFolder } from '../support/system-process.ts';

const text = readDocument('docs/orchestrator.md');

function tableUnder(heading: string): string[] {
  const section = text.split('\n## ').find((part) => part.startsWith(heading)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
    .slice(1);
}

const rows = tableUnder('Bad input');

test('every bad input that the project promises to bear is there', () => {
  expect(rows.length).toBeGreaterThanOrEqual(10);
  const all = rows.map((row) => row.split('|')[1]).join();
  for (const word of [
    'candles',
    'time',
    'empty',
    'truncated',
    'fenced',
    'French',
    'hostile',
    '200 KB',
    'late',
    'HTML',
    'back an hour',
    'zero',
    '10,000',
  ])
    expect(all).toContain(word);
});

test.each(rows.map((row) => [row.split('|')[1]?.trim() ?? '', row]))(
  '%s: its tests exist by name',
  (_, row) => {
    const named = (row.split('|')[3] ?? '').split(';').map((part) => part.trim());
    let file = '';
    for (const part of named) {
      file = /`([^`]+)`/.exec(part)?.[1] ?? file;
      expect(existsSync(path.join(projectFolder, file)), file).toBe(true);
      const title = /"([^"]+)"/.exec(part)?.[1];
      if (title !== undefined)
        expect(readFileSync(path.join(projectFolder, file), 'utf8'), `${file}: ${title}`).toContain(title);
    }
  },
);

test('each of the twelve wishes has places in the code that exist', () => {
  const wishes = tableUnder('What was asked for');
  expect(wishes).toHaveLength(12);
  for (const wish of wishes) {
    const places = [...(wish.split('|')[2] ?? '').matchAll(/`(src\/[^`]+)`/g)].map((match) => match[1] ?? '');
    expect(places.length, wish).toBeGreaterThan(0);
    for (const place of places) expect(existsSync(path.join(projectFolder, place)), place).toBe(true);
  }
});
