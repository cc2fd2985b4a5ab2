// What docs/api.md and README.md promise about paths, read from their text, so that a promise cannot go untested.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectFolder } from './system-process.ts';

export interface DocumentedPath {
  readonly method: 'GET' | 'POST';
  /** As written, without the query; parameters like `:id`. */
  readonly path: string;
}

export function readDocument(name: string): string {
  return readFileSync(path.join(projectFolder, name), 'utf8');
}

/** Paths of docs/api.md: headings for what is read, the table for commands. */
export function pathsOfApiDocument(): DocumentedPath[] {
  const text = readDocument('docs/api.md');
  const read = [...text.matchAll(/^##+ `GET ([^`?]+)[^`]*`/gm)].map((match) => match[1] ?? '');
  const commands = [...text.matchAll(/^\| `(\/[^`]+)` \|/gm)].map((match) => match[1] ?? '');
  return [
    ...read.map((name) => ({ method: 'GET' as const, path: name })),
    ...commands.map((name) => ({ method: 'POST' as const, path: name })),
  ];
}

/** Paths of the API table of a README: `GET /a`, `/b` in its first column, method said once per row. */
export function pathsOfReadme(name: string): DocumentedPath[] {
  return readDocument(name)
    .split('\n')
    .filter((line) => /^\| `(GET|POST) \//.test(line))
    .flatMap((line) => {
      const [, cell = ''] = line.split('|');
      const method = cell.includes('`POST') ? 'POST' : 'GET';
      return [...cell.matchAll(/`(?:GET |POST )?(\/[^`?]*)[^`]*`/g)].map(
        (match) => ({ method, path: match[1] ?? '' }) as const,
      );
    });
}

/** Names of the metrics that docs/api.md and docs/metrics.md tell, `<source>` left open with a trailing underscore. */
export function metricsOfApiDocument(): string[] {
  const section = readDocument('docs/api.md').split('## `GET /metrics`')[1] ?? '';
  return `${section}\n${readDocument('docs/metrics.md')}`
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([a-z_][a-z0-9_]*)/g)].map((match) => match[1] ?? ''),
    );
}
