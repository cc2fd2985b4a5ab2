// Looks over XML before any parser sees it: no declarations of entities, bounded depth, counts and lengths, complete.
// One pass, linear; what it lets through cannot grow when it is parsed.
import { FeedFault } from './feed-fault.ts';

const maxDepth = 40;
const maxElements = 50_000;
const maxTagChars = 16_384;
const maxAttributes = 60;
const feedRoots: ReadonlySet<string> = new Set(['rss', 'feed', 'rdf:rdf']);

/** Throws FeedFault: `html-page`, `hostile`, `truncated` or `malformed`. */
export function guardXml(text: string): void {
  const begin = text.trimStart().slice(0, 512).toLowerCase();
  if (/^(<!--[\s\S]{0,400}?-->\s*)?(<!doctype\s+html|<html|<head|<body)/.test(begin))
    throw new FeedFault('html-page', 'a web page instead of a feed');
  if (!begin.startsWith('<')) throw new FeedFault('malformed', 'not XML');
  const open: string[] = [];
  let elements = 0;
  let rooted = false;
  let index = text.indexOf('<');
  while (index !== -1) {
    const special = specialEnd(text, index);
    if (special !== undefined) {
      index = text.indexOf('<', special);
      continue;
    }
    const end = tagEnd(text, index);
    const tag = text.slice(index + 1, end);
    const name = tagName(tag);
    if (tag.startsWith('/')) {
      if (open.pop() !== name) throw new FeedFault('malformed', 'closing tags do not match');
    } else {
      if (open.length === 0) checkRoot(name, rooted);
      rooted = true;
      elements += 1;
      if (elements > maxElements) throw new FeedFault('hostile', `more than ${maxElements} elements`);
      checkAttributes(tag);
      if (!tag.endsWith('/')) open.push(name);
      if (open.length > maxDepth) throw new FeedFault('hostile', `nested deeper than ${maxDepth}`);
    }
    index = text.indexOf('<', end);
  }
  if (open.length > 0 || !rooted) throw new FeedFault('truncated', 'the feed ends in the middle');
}

/** Where a comment, CDATA section or processing instruction ends; undefined for a tag. */
function specialEnd(text: string, index: number): number | undefined {
  for (const [start, stop] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ] as const) {
    if (!text.startsWith(start, index)) continue;
    const end = text.indexOf(stop, index + start.length);
    if (end === -1) throw new FeedFault('truncated', 'the feed ends in the middle');
    return end + stop.length;
  }
  // Feeds need no document type; entities that grow are declared in one.
  if (text.startsWith('<!', index)) throw new FeedFault('hostile', 'a document type or entity declaration');
  return undefined;
}

function tagEnd(text: string, index: number): number {
  let quote = '';
  const limit = Math.min(text.length, index + maxTagChars);
  for (let at = index + 1; at < limit; at += 1) {
    const character = text[at];
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
    else if (character === '<') throw new FeedFault('malformed', 'a tag inside a tag');
  }
  if (limit < text.length) throw new FeedFault('hostile', `a tag longer than ${maxTagChars} characters`);
  throw new FeedFault('truncated', 'the feed ends in the middle');
}

function tagName(tag: string): string {
  const name = /^\/?([A-Za-z_][\w.:-]{0,99})(?=[\s/]|$)/.exec(tag)?.[1];
  if (name === undefined) throw new FeedFault('malformed', 'a tag without a readable name');
  if (/(^|:)(__proto__|constructor|prototype)$/i.test(name))
    throw new FeedFault('hostile', 'a poisoned name');
  return name;
}

function checkRoot(name: string, rooted: boolean): void {
  if (rooted) throw new FeedFault('malformed', 'more than one root');
  if (name.toLowerCase() === 'html') throw new FeedFault('html-page', 'a web page instead of a feed');
  if (!feedRoots.has(name.toLowerCase())) throw new FeedFault('malformed', 'the root is not a feed');
}

function checkAttributes(tag: string): void {
  let count = 0;
  for (let at = tag.indexOf('='); at !== -1; at = tag.indexOf('=', at + 1)) count += 1;
  // Quoted values hold equals signs too (addresses), so the bound is generous.
  if (count > maxAttributes) throw new FeedFault('hostile', `more than ${maxAttributes} attributes`);
}
