// The brief: what a model is shown, as one JSON document in which every text from outside is a quoted string.
// It must never hold a key, an account number or an amount of money, and never grows beyond its bounds.
import type { DecisionCandidate } from '../../shared/domain/decision.ts';
import type { MarketMode } from '../../shared/domain/mode.ts';
import { looksOf } from '../looks/look-limits.ts';
import type { Snapshot } from '../snapshot.ts';
import { taskCatalogue } from '../task-catalogue.ts';
import type { HeardText, ShownCandidate } from './model-memory.ts';

const maxQuotedTexts = 10;
const maxQuotedLength = 160;
const maxOriginLength = 40;
/** Characters per token at worst for this kind of text: JSON with many numbers. */
const charactersPerToken = 2.5;
/** What providers add around a message, and the schema of the answer. */
const frameTokens = 450;

export interface BriefInput {
  readonly snapshot: Snapshot;
  readonly mode: MarketMode;
  readonly reason: string;
  readonly threshold: number;
  readonly open: readonly DecisionCandidate[];
  readonly fields: Readonly<Record<string, number>>;
  readonly universe: readonly string[];
  readonly heard: readonly HeardText[];
}

/** Compact JSON text. Key order is fixed, so equal situations give equal briefs. */
export function briefOf(input: BriefInput): string {
  const { snapshot, open, fields } = input;
  return JSON.stringify({
    mode: input.mode,
    sessions_open: snapshot.sessions,
    trading: snapshot.tradingState.slice(0, maxOriginLength),
    why_asked: quotedText(input.reason),
    threshold: input.threshold,
    fields,
    candidates: open.map(({ kind, score, chosen }) => ({
      kind,
      score,
      policy_runs_it: chosen,
      what: taskCatalogue[kind].description,
    })),
    quoted_from_outside: quotedTexts(input),
  });
}

function quotedTexts({ snapshot, universe, heard }: BriefInput): HeardText[] {
  const names = Object.keys(snapshot.context.source_health);
  const texts = [
    { origin: 'symbols', text: universe.slice(0, 20).join(' ') },
    { origin: 'sources', text: names.slice(0, 16).join(' ') },
    ...heard.slice(-maxQuotedTexts),
  ];
  return texts
    .filter(({ text }) => text !== '')
    .map(({ origin, text }) => ({
      origin: quotedText(origin).slice(0, maxOriginLength),
      text: quotedText(text),
    }));
}

/** Cut, and without what could pass for structure or hide from a reader: controls, bidirectional marks, tags. */
export function quotedText(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/[<>{}[\]`|]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, maxQuotedLength)
    .toWellFormed();
}

/** Upper estimate, made before the call and replaced by the provider's own count after it. */
export function estimatedTokens(brief: string, promptTokens: number): number {
  return Math.ceil(brief.length / charactersPerToken) + promptTokens + frameTokens;
}

export function shown(open: readonly DecisionCandidate[]): ShownCandidate[] {
  return open.map(({ kind, score, chosen }) => ({
    kind,
    score,
    runs: chosen,
    family: looksOf(kind) ?? null,
    safety: taskCatalogue[kind].safety,
  }));
}
