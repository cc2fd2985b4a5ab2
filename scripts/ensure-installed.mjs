// Installs dependencies when they are missing or older than the lock file.
// Plain JavaScript on purpose: it runs on whatever Node (>= 20) the machine has, before Node 24 is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = path.join(root, 'node_modules', '.installed');
const lock = path.join(root, 'package-lock.json');

// npm ci empties the folder that a link leads to, which may be another checkout in use.
if (lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
  process.stderr.write(
    'node_modules is a link to another folder. Remove the link (rm node_modules), then run the command again: it installs here.\n',
  );
  process.exit(1);
}

const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs;
if (!fresh) {
  process.stderr.write('Installing dependencies (npm ci) ...\n');
  const result = spawnSync('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) {
    process.stderr.write(
      'npm ci failed. Check the network to the npm registry, then run the command again.\n',
    );
    process.exit(result.status ?? 1);
  }
  writeFileSync(stamp, `${new Date().toISOString()}\n`);
}
