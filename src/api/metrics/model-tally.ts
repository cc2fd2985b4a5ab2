// Counts what language models were asked, what they cost and what was rejected since this process started.
import type { AnyMessage } from '../../shared/bus/message.ts';
import type { ModelConsultation, ModelProvider } from '../../shared/domain/model.ts';
import { LabelCounts } from './label-counts.ts';

export class ModelTally {
  readonly calls = new LabelCounts();
  readonly tokens = new LabelCounts();
  readonly microUsd = new LabelCounts();
  readonly latencyMs = new LabelCounts();
  readonly rejections = new LabelCounts();
  readonly cached = new LabelCounts();
  #fabrications = 0;

  /** Answers that cited a number which was not in the snapshot. */
  get fabrications(): number {
    return this.#fabrications;
  }

  observe(message: AnyMessage): void {
    if (message.message_type === 'model.ladder')
      for (const { provider } of message.data.rungs) this.#begin(provider);
    if (message.message_type === 'model.consulted') this.#consulted(message.data);
  }

  /** From the first word on every series exists, so that a rate over the first event is right. */
  #begin(provider: ModelProvider): void {
    this.calls.add({ provider, outcome: 'accepted' }, 0);
    for (const direction of ['input', 'output']) this.tokens.add({ provider, direction }, 0);
    for (const counts of [this.microUsd, this.latencyMs, this.cached]) counts.add({ provider }, 0);
    this.rejections.add({ provider, reason: 'fabrication' }, 0);
  }

  #consulted({ provider, verdict, code, ...cost }: ModelConsultation): void {
    if (verdict === 'cached') {
      this.cached.add({ provider });
      return;
    }
    this.calls.add({ provider, outcome: verdict === 'failed' ? code : verdict });
    this.tokens.add({ provider, direction: 'input' }, cost.input_tokens);
    this.tokens.add({ provider, direction: 'output' }, cost.output_tokens);
    this.microUsd.add({ provider }, cost.micro_usd);
    this.latencyMs.add({ provider }, cost.latency_ms);
    if (verdict === 'rejected') this.rejections.add({ provider, reason: code });
    if (code === 'fabrication') this.#fabrications++;
  }
}
