// What `ato fuzz markets` feeds: one case per way bytes may enter an adapter. A case throws when the adapter
// crashes, or when something impossible came out behind the gate.
import type { MarketQuarantine } from '../../../shared/bus/catalogue.ts';
import type { CandidateBatch } from '../../../shared/domain/candidate.ts';
import { CandidateGate } from './candidate-gate.ts';
import { type Decoded, fault, parseJson } from './lenient-json.ts';

/** Told what became of an input. */
export interface FuzzEar {
  passed(count: number): void;
  quarantined(report: MarketQuarantine): void;
}

export interface FuzzCase {
  readonly name: string;
  /** A sound input, for a fuzzer to damage. */
  readonly sample: string;
  feed(text: string, ear: FuzzEar): void;
}

const fuzzNow = Date.UTC(2026, 10, 1);

/** A case over JSON answers: bytes, text, JSON, decoder, gate; as in the running source. */
export function fuzzJson(name: string, sample: unknown, decode: (body: unknown) => Decoded): FuzzCase {
  return {
    name,
    sample: JSON.stringify(sample),
    feed(text, ear) {
      const body = parseJson(text);
      const decoded =
        body === undefined ? { observations: [], faults: [fault('not JSON', text)] } : decode(body);
      const quarantined = (report: MarketQuarantine) => ear.quarantined(report);
      const gate = new CandidateGate({ candidates: assertPossible, quarantined }, name);
      ear.passed(gate.publish(decoded, fuzzNow));
    },
  };
}

/** Written apart from the gate's own rules, so that a fault there is seen here. */
export function assertPossible({ observations }: CandidateBatch): void {
  for (const { name, symbol, facts } of observations) {
    for (const [key, value] of Object.entries(facts)) {
      if (typeof value !== 'number') continue;
      if (!Number.isFinite(value) || value < 0 || (key === 'price_usd' && value === 0))
        throw new Error(`an impossible ${key} passed: ${value}`);
    }
    if (/[\p{Cc}<>]/u.test(name + symbol) || name.length > 200 || symbol.length > 100)
      throw new Error('hostile text passed');
  }
}
