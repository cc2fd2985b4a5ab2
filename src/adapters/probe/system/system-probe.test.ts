// The system probe measures this very process; a busy loop must show as delay and as processor time.
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { diskSpace, fullestDisk, SystemProbe } from './system-probe.ts';

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Keeps the event loop busy for so long; work, not waiting, is what is measured here. */
function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a blocked event loop shows as delay and processor load, and the next report starts anew', async () => {
  const probe = new SystemProbe({ folders: [tmpdir()] });
  try {
    await probe.collectVitals(0);
    for (let round = 0; round < 4; round++) {
      burn(120);
      await turnOfTheLoop();
      await turnOfTheLoop();
    }
    const busy = await probe.collectVitals(42);
    expect(busy.at).toBe(42);
    expect(busy.event_loop_delay_p99_ms).toBeGreaterThan(50);
    expect(probe.eventLoopDelayMs).toBe(busy.event_loop_delay_p99_ms);
    expect(busy.cpu_load).toBeGreaterThan(0.1);
    expect(busy.heap_used_bytes).toBeGreaterThan(1e6);
    expect(busy.heap_limit_bytes).toBeGreaterThan(busy.heap_used_bytes);
    expect(busy.resident_bytes).toBeGreaterThan(1e7);
    expect(busy.disk_total_bytes ?? 0).toBeGreaterThan(busy.disk_free_bytes ?? 0);
    expect(JSON.parse(JSON.stringify(busy))).toEqual(busy);
    const next = await probe.collectVitals(43);
    expect(next.event_loop_delay_p99_ms).toBeLessThan(busy.event_loop_delay_p99_ms);
  } finally {
    probe.stop();
  }
});

test('a folder that is not there measures nothing instead of failing', async () => {
  expect(await diskSpace('/no/such/folder/anywhere')).toEqual({ freeBytes: null, totalBytes: null });
});

test('of several disks the one with the least space is told; a folder that is not there keeps none back', async () => {
  const [here, other] = [await diskSpace(tmpdir()), await diskSpace('/proc')];
  const least = Math.min(
    here.freeBytes ?? Number.POSITIVE_INFINITY,
    other.freeBytes ?? Number.POSITIVE_INFINITY,
  );
  expect((await fullestDisk(['/no/such/folder', '/proc', tmpdir()])).freeBytes).toBe(least);
  expect(await fullestDisk(['/no/such/folder'])).toEqual({ freeBytes: null, totalBytes: null });
});
