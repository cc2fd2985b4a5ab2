// What `ato chaos health` prints, as programs read it: both topologies in one document, and a reason where one was not run.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { redisMissing } from '../../src/runtime/fault-lab/redis-server.ts';
import { postgresSkipReason } from '../servers/postgres.ts';
import { skipOrThrow } from '../servers/relay-subject.ts';
import { runAto } from '../support/system-process.ts';

const count = z.int().nonnegative();
const spread = z.strictObject({ p50: z.number().nullable(), max: z.number().nullable() });

/** What both topologies say of each fault. */
const figures = z.looseObject({
  fault: z.string(),
  playbook: z.string(),
  runs: count,
  detected: count,
  detected_after_ms: spread,
  healed_after_ms: spread,
  verified: count,
  escalated: count,
  pages_sent: count,
  pages_per_cause_max: count,
  messages_lost: count,
  orders: count,
  orders_lost: count,
  orders_doubled: count,
});
const miss = z.object({ fault: z.string().nullable(), why: z.string(), reproduce: z.string() });
const ran = z.looseObject({
  topology: z.enum(['simulated', 'processes']),
  targets: z.object({ detected_within_ms: z.literal(15_000), pages_per_cause: z.literal(1) }),
  faults: z.array(figures),
  misses: z.array(miss),
  missed: count,
});
const topology = z.union([z.strictObject({ skipped: z.string() }), ran]);
const document = z.strictObject({
  topologies: z.strictObject({ simulated: topology, processes: topology }),
  ok: z.boolean(),
});

const chaosHealth = async (options: string, settings = {}) => {
  const { code, stdout, stderr } = await runAto(
    ['chaos', 'health', '--json', ...options.split(' ')],
    settings,
  );
  return { code, stderr, ...document.parse(JSON.parse(stdout)) };
};

test('without the servers the rest is run, and the document says why', async () => {
  const { code, ok, topologies } = await chaosHealth('--seeds 2 --fault n8n_down,relay_killed', {
    PATH: '/nowhere',
  });
  expect(topologies.simulated).toMatchObject({ faults: [{ fault: 'n8n_down', runs: 2, ends_by: 'time' }] });
  expect(topologies.processes).toEqual({
    skipped: expect.stringContaining('no Redis server on this machine'),
  });
  expect({ code, ok }).toEqual({ code: 0, ok: true });
});

test('a proof of nothing is no proof', async () => {
  const { code, ok, topologies } = await chaosHealth('--topology processes --fault disk_full');
  expect(topologies).toEqual({
    simulated: { skipped: '--topology processes' },
    processes: { skipped: 'it has none of the faults that were named' },
  });
  expect({ code, ok }).toEqual({ code: 1, ok: false });
});

const reason = (await postgresSkipReason()) ?? skipOrThrow(redisMissing());

test.skipIf(reason !== undefined)(
  `trading’s process is killed for real: seen, mended, paged once, nothing lost${reason === undefined ? '' : `: ${reason}`}`,
  async () => {
    const { code, stderr, topologies } = await chaosHealth('--fault trading_killed');
    expect(topologies.simulated).toEqual({ skipped: 'it has none of the faults that were named' });
    expect(topologies.processes, stderr).toMatchObject({
      ...{ relay: 'redis', misses: [], only_simulated: expect.any(Array) },
      faults: [
        { fault: 'trading_killed', watcher: 'health_ai', playbook: 'restart_agent', verified: 1, healed: 1 },
      ],
      stories: [
        {
          ...{
            ends_by: 'healing',
            verified_by: 'health_ai',
            pages_opened: 1,
            messages_lost: 0,
            orders_lost: 0,
          },
          detected_as: expect.stringContaining('incident agent_failed:trading_ai'),
          pages: [{ cause: 'agent_failed:trading_ai', phase: 'opened', severity: 'critical' }],
        },
      ],
      counts: [{ messages: { lost: 0, doubled: 0, out_of_order: 0 }, orders: { lost: 0, doubled: 0 } }],
    });
    expect(code).toBe(0);
  },
  180_000,
);
