// Builds the page when it is missing or older than its sources, in a process of its own so that trading never waits.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Log } from '../shared/ports/log.ts';

export const projectFolder = path.resolve(import.meta.dirname, '..', '..');
export const pageFolder = path.join(projectFolder, 'web', 'dist');

/** Newest change below a folder, epoch ms; 0 when it does not exist. */
function newestChange(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
    path.join(folder, name),
  );
  return Math.max(0, ...files.map((file) => statSync(file).mtimeMs));
}

/** True when the built page is there and newer than what it is made of. */
function pageIsFresh(): boolean {
  const built = path.join(pageFolder, 'index.html');
  if (!existsSync(built)) return false;
  return statSync(built).mtimeMs >= newestChange(path.join(projectFolder, 'web', 'src'));
}

/** Resolves when the page is built; rejects with the builder's last words. */
function buildPage(): Promise<void> {
  const vite = path.join(projectFolder, 'node_modules', 'vite', 'bin', 'vite.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn'], {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`building the page failed (exit ${code}): ${output}`)),
    );
  });
}

/** Builds the page in the background when it needs it; the API serves it as soon as it is there. */
export function keepPageBuilt(log: Log): void {
  if (pageIsFresh()) return;
  log.info({}, 'building the page (a few seconds, once)');
  buildPage().then(
    () => log.info({}, 'the page is ready'),
    (error: unknown) =>
      log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'the page could not be built; the API works without it',
      ),
  );
}
