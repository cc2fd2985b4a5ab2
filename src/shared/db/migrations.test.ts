// Migration files are numbered without a gap and known by their content.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readMigrations } from './migrations.ts';
import { quotedIdentifier, textArray } from './sql-driver.ts';

test('the project’s migrations are in order', async () => {
  const migrations = await readMigrations();
  expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1));
  expect(migrations.length).toBeGreaterThan(0);
});

test('a gap is refused; other files are ignored; line ends do not change a checksum', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ato-migrations-'));
  try {
    await writeFile(path.join(folder, '0001_first.sql'), 'select 1;\r\nselect 2;\r\n');
    await writeFile(path.join(folder, 'README.md'), 'x');
    const [withReturns] = await readMigrations(folder);
    await writeFile(path.join(folder, '0001_first.sql'), 'select 1;\nselect 2;\n');
    const [plain] = await readMigrations(folder);
    expect(withReturns?.checksum).toBe(plain?.checksum);
    await writeFile(path.join(folder, '0003_third.sql'), 'select 3;');
    await expect(readMigrations(folder)).rejects.toThrow(/0003_third.sql should have number 2/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('array text quotes every string and leaves null and numbers bare', () => {
  expect(textArray(['a', 'NULL', null, 1, 'q"\\', '{,}', ''])).toBe(
    '{"a","NULL",NULL,1,"q\\"\\\\","{,}",""}',
  );
  expect(textArray([])).toBe('{}');
});

test('only plain names become identifiers', () => {
  expect(quotedIdentifier('ai_trading')).toBe('"ai_trading"');
  for (const name of ['', 'A', 'a"b', '1a', 'a b', 'x'.repeat(64)])
    expect(() => quotedIdentifier(name)).toThrow(RangeError);
});
