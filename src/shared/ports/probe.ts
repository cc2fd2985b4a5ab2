// One look at something that can be unwell.
import type { ProbeResult } from '../domain/vitals.ts';

export interface Probe {
  readonly name: string;
  /** Never throws: a failure is a result with ok false. */
  run(target: string): Promise<ProbeResult>;
}
