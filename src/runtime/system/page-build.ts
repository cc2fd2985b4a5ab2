// Builds the page when it is missing or older than its sources, in a process of its own so that trading never waits.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Log } from '../../shared/ports/log.ts';

export const projectFolder = path.resolve(import.meta.dirname, '..', '..', '..');
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

/**
 * Resolves when the page is built; rejects with the builder's last words. Built beside and moved into place when it is
 * whole, so that a builder that is stopped leaves no half page behind.
 */
function buildPage(signal: AbortSignal): Promise<void> {
  const vite = path.join(projectFolder, 'node_modules', 'vite', 'bin', 'vite.js');
  const draft = path.join(projectFolder, '.cache', `page-${process.pid}`);
  return new Promise<void>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [vite, 'build', 'web', '--outDir', draft, '--emptyOutDir', '--logLevel', 'warn'],
      { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe'], signal },
    );
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
  })
    .then(() => {
      rmSync(pageFolder, { recursive: true, force: true });
      renameSync(draft, pageFolder);
    })
    .finally(() => rmSync(draft, { recursive: true, force: true }));
}

/**
 * Builds the page in the background when it needs it; the API serves it as soon as it is there. Returns what gives up
 * a build that is still under way and waits for its end.
 */
export function keepPageBuilt(log: Log): () => Promise<void> {
  if (pageIsFresh()) return async () => undefined;
  log.info({}, 'building the page (a few seconds, once)');
  const given = new AbortController();
  const built = buildPage(given.signal).then(
    () => log.info({}, 'the page is ready'),
    (error: unknown) => {
      if (given.signal.aborted) return;
      log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'the page could not be built; the API works without it',
      );
    },
  );
  return () => {
    given.abort();
    return built;
  };
}
