// Ctrl-C during the very first start reaches every process of the terminal's group, also the one that makes the database.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { childEnvironment, freePort, projectFolder } from '../support/system-process.ts';

test('the start is finished and then stopped in order, with a database that is whole', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ato-stop-'));
  const data = path.join(folder, 'data');
  const child = spawn(process.execPath, [path.join(projectFolder, 'src', 'main.ts'), 'start'], {
    cwd: folder,
    env: childEnvironment({
      DATA_DIR: data,
      LOG_DIR: path.join(folder, 'logs'),
      ATO_MARKET_SOURCE: 'synthetic',
      ORCHESTRATOR_PORT: String(await freePort()),
    }),
    // The leader of a group, as the program is in a terminal.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  try {
    await eventually('a database in the making', () =>
      readdirSync(data).some((name) => name.startsWith('pglite.new.')) ? true : undefined,
    );
    const ended = new Promise((resolve) => child.once('close', resolve));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended, stderr).toBe(0);
    expect(stderr).toContain('SIGINT: stopping');
    expect(stderr).not.toMatch(/could not be made|failed/);
    expect(readdirSync(data)).toEqual(['pglite']);
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
