// A copy of the checkout in a temporary folder, installed without asking the registry, for running the README's
// commands as a person would. Its dependencies are links; it must never let npm write into the real ones.
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectFolder } from './system-process.ts';

const copied = [
  'env.example',
  'migrations',
  'package-lock.json',
  'package.json',
  'scripts',
  'src',
  'start_orchestrator.sh',
  'web',
];

/** Makes `folder` such a copy. What was installed counts as fresh, so that `npm ci` has nothing to do. */
export function copyCheckout(folder: string): void {
  for (const name of copied)
    cpSync(path.join(projectFolder, name), path.join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
    });
  const installed = path.join(projectFolder, 'node_modules');
  const links = path.join(folder, 'node_modules');
  mkdirSync(links);
  for (const name of readdirSync(installed))
    if (name !== '.installed') symlinkSync(path.join(installed, name), path.join(links, name));
  writeFileSync(path.join(links, '.installed'), '');
}
