// The other process of the relay benchmark: reads one queue and tells its parent how many messages came, when, and how late.
import process from 'node:process';
import { z } from 'zod';
import { makeRelay } from '../../relay/open-relay.ts';

const reportMs = 100;
const order = z.tuple([z.enum(['redis', 'rabbitmq']), z.string(), z.string(), z.string()]);

const [kind, url, prefix, queue] = order.parse(process.argv.slice(2));
const relay = makeRelay(kind, url, prefix);
await relay.open();
let latenciesMs: number[] = [];
let lastAt = 0;
await relay.receive(queue, async (deliveries) => {
  lastAt = performance.timeOrigin + performance.now();
  for (const { body } of deliveries) latenciesMs.push(lastAt - Number(body.slice(0, body.indexOf(' '))));
  return undefined;
});
setInterval(() => {
  if (latenciesMs.length === 0) return;
  process.send?.({ latenciesMs, lastAt });
  latenciesMs = [];
}, reportMs);
process.send?.({ latenciesMs: [], lastAt: 0 });
process.once('disconnect', () => process.exit(0));
