// The documents keep what they promise: settings, links, paths, commands, and the French README beside the English one.
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { environmentSchema, settingNames } from '../../src/shared/config/settings.ts';
import { pathsOfApiDocument, pathsOfReadme, readDocument } from '../support/api-document.ts';
import { apiWorld } from '../support/api-world.ts';
import { projectFolder } from '../support/system-process.ts';

const readmes = ['README.md', 'README.fr.md'];
const documents = globSync(['*.md', '{docs,bench,examples,prompts,deploy,test,web,scripts}/**/*.md'], {
  cwd: projectFolder,
  exclude: ['**/node_modules/**'],
}).sort();

/** Text outside of code blocks. */
function prose(name: string): string {
  return readDocument(name).replace(/^```.*?^```/gms, '');
}

const codeSpans = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');

/** Rows of the tables whose first cell begins with this, as cells without the outer bars. */
function rowsOf(name: string, heading: RegExp): string[][] {
  const section =
    prose(name)
      .split(/^## /m)
      .find((part) => heading.test(part)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/^\| | \|$/g, '').split(/(?<=`|^| ) ?\| ?/));
}

describe('settings', () => {
  const defaults = environmentSchema.parse({}) as Readonly<Record<string, unknown>>;
  const asText = (value: unknown) =>
    value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value);
  const schema = Object.fromEntries(settingNames.map((name) => [name, asText(defaults[name])]));

  test('env.example names exactly the settings, with their defaults', () => {
    const lines = readDocument('env.example')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const pairs = lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]);
    expect(Object.fromEntries(pairs)).toEqual(schema);
    expect(pairs.length, 'a name is there twice').toBe(settingNames.length);
  });

  test.each(readmes)('the table of %s names exactly the settings, with their defaults', (name) => {
    const pairs = rowsOf(name, /^(Settings|Réglages)/).flatMap(([names = '', values = '']) => {
      const given = codeSpans(values);
      return codeSpans(names).map((setting, index) => [setting, given[index] ?? '']);
    });
    expect(Object.fromEntries(pairs)).toEqual(schema);
    expect(pairs.length, 'a name is there twice').toBe(settingNames.length);
  });
});

describe('commands', () => {
  test('the README lists exactly the commands that there are', () => {
    const named = rowsOf('README.md', /^What you can do/).map(([cell = '']) =>
      (codeSpans(cell)[0] ?? '').replace(/^ato /, '').replace(/ (--|<).*/, ''),
    );
    const leaves = createProgram().commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((inner) => `${command.name()} ${inner.name()}`),
    );
    expect(named.sort()).toEqual(leaves.sort());
  });

  test.each(documents)('the npm scripts and ato commands that %s names exist', (name) => {
    const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
    const text = readDocument(name);
    for (const [, script = ''] of text.matchAll(/npm run (?:--silent )?([a-z:-]+)/g))
      expect(Object.keys(scripts), name).toContain(script);
    const commands = createProgram().commands.map((command) => command.name());
    for (const span of codeSpans(text).filter((span) => span.startsWith('ato ')))
      expect([...commands, '--help', '...', '<command>'], `${name}: ${span}`).toContain(span.split(' ')[1]);
  });
});

describe('the API', () => {
  test.each(readmes)('every path that %s names is in OpenAPI and in docs/api.md', async (name) => {
    const { app } = await apiWorld();
    const description = (await app.inject('/docs/json')).json() as {
      paths: Record<string, Record<string, unknown>>;
    };
    await app.close();
    const named = pathsOfReadme(name);
    expect(named.length).toBeGreaterThan(15);
    const inDocument = pathsOfApiDocument().map(({ method, path: route }) => `${method} ${route}`);
    for (const { method, path: route } of named) {
      const described = route.replace(/:(\w+)/g, '{$1}');
      expect(description.paths[described]?.[method.toLowerCase()], `${method} ${route}`).toBeDefined();
      expect(inDocument).toContain(`${method} ${route}`);
    }
  });
});

describe('README.fr.md', () => {
  const headings = (name: string) => prose(name).match(/^#+(?= )/gm);
  const links = (name: string) =>
    [...prose(name).matchAll(/\]\(([^)]+)\)/g)]
      .map((match) => match[1])
      .filter((link) => !link?.startsWith('README'));

  test('has the structure, blocks, code words and links of README.md', () => {
    const [english, french] = readmes.map((name) => ({
      headings: headings(name),
      blocks: readDocument(name).match(/^```.*?^```/gms),
      code: codeSpans(prose(name)).sort(),
      links: links(name),
      rows: prose(name).match(/^\|/gm)?.length,
      items: prose(name).match(/^(-|\d\.) /gm)?.length,
      quotes: prose(name).match(/^> \*\*/gm)?.length,
    }));
    expect(french).toEqual(english);
    expect(prose('README.md')).toContain('(README.fr.md)');
    expect(prose('README.fr.md')).toContain('(README.md)');
  });
});

describe('links and paths', () => {
  test.each(documents)('those of %s lead somewhere', (name) => {
    const folder = path.dirname(path.join(projectFolder, name));
    for (const [, link = ''] of prose(name).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path.join(projectFolder, name) : path.resolve(folder, file);
      expect(existsSync(target), `${name} links to ${link}`).toBe(true);
      if (anchor !== undefined)
        expect(anchorsOf(path.relative(projectFolder, target)), link).toContain(anchor);
    }
    for (const span of codeSpans(prose(name))) {
      if (!/^(src|test|docs|scripts|examples|migrations|bench|web|prompts|deploy)\/[\w./-]+$/.test(span))
        continue;
      expect(existsSync(path.join(projectFolder, span)), `${name} names ${span}`).toBe(true);
    }
  });
});

/** GitHub's anchors of the headings of a document. */
function anchorsOf(name: string): string[] {
  return [...prose(name).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
