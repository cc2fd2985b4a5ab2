// The first thing that a new user's machine runs, on whatever Node 20 or newer it has.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectFolder } from '../support/system-process.ts';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'ato ensure-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const project = path.join(root, 'a checkout');
const tools = path.join(root, 'tools');

test('installs in the checkout, wherever it is called from, once', () => {
  mkdirSync(path.join(project, 'node_modules'), { recursive: true });
  mkdirSync(tools);
  for (const name of ['scripts', 'package-lock.json'])
    cpSync(path.join(projectFolder, name), path.join(project, name), { recursive: true });
  const npm = path.join(tools, 'npm');
  writeFileSync(npm, `#!/bin/sh\necho "$PWD: $*" >> '${root}/calls'\n`);
  chmodSync(npm, 0o755);
  const run = () =>
    spawnSync(process.execPath, [path.join(project, 'scripts', 'ensure-installed.mjs')], {
      cwd: tmpdir(),
      env: { PATH: `${tools}:${process.env.PATH ?? ''}` },
      encoding: 'utf8',
    });
  for (let count = 0; count < 2; count++) expect(run().status).toBe(0);
  const calls = readFileSync(path.join(root, 'calls'), 'utf8').trim().split('\n');
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatch(new RegExp(`^${project}: ci `));
});

test('refuses node_modules that is a link: npm ci would empty the folder behind it', () => {
  const linked = path.join(root, 'linked');
  const shared = path.join(root, 'shared modules');
  mkdirSync(shared);
  mkdirSync(linked);
  writeFileSync(path.join(shared, 'kept'), '');
  cpSync(path.join(projectFolder, 'scripts'), path.join(linked, 'scripts'), { recursive: true });
  cpSync(path.join(projectFolder, 'package-lock.json'), path.join(linked, 'package-lock.json'));
  symlinkSync(shared, path.join(linked, 'node_modules'));
  const run = spawnSync(process.execPath, [path.join(linked, 'scripts', 'ensure-installed.mjs')], {
    env: { PATH: '/nowhere' },
    encoding: 'utf8',
  });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('rm node_modules');
  expect(existsSync(path.join(shared, 'kept'))).toBe(true);
});

test('uses nothing that Node 20.0 does not have', () => {
  const program = readFileSync(path.join(projectFolder, 'scripts', 'ensure-installed.mjs'), 'utf8');
  // Both came with 20.11; undefined before, and then the wrong folder.
  expect(program).not.toMatch(/import\.meta\.(dirname|filename)/);
});
