// Bytes to JSON for the feeds that speak it. A page instead of JSON is told apart from broken JSON.
import { decodeBody } from './decode-body.ts';
import { FeedFault } from './feed-fault.ts';
import type { FeedAnswer } from './news-feed.ts';

/** Throws FeedFault: `html-page`, `truncated` or `malformed`. */
export function readJson(answer: FeedAnswer): unknown {
  const text = decodeBody(answer.bytes, answer.contentType)
    .replace(/^\ufeff/, '')
    .trim();
  if (text.startsWith('<')) throw new FeedFault('html-page', 'a web page instead of JSON');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const cut = /^[[{]/.test(text) && !/[\]}]$/.test(text);
    if (cut) throw new FeedFault('truncated', 'the answer ends in the middle');
    throw new FeedFault('malformed', 'not JSON');
  }
}
