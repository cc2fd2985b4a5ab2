// A whole house for the chaos simulation: the real kernel, loop, agents, effect runner and market hub over the ports
// of a simulated site. It starts in the order in which the running system starts; it must add nothing of its own.
import { nativeWorkflows } from '../../adapters/workflow/native/native-workflows.ts';
import type { AgentBuilder } from '../../kernel/agent.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { House, HouseBuilder, HouseSite } from '../../simulator/chaos/house-site.ts';
import { JobDesk, type JobHandler } from '../jobs/job-desk.ts';
import { MarketHub } from '../market/market-hub.ts';
import { EffectRunner } from '../system/effect-runner.ts';
import { version } from '../version.ts';
import { WorkflowDesk } from '../workflows/workflow-desk.ts';

const nothing = (): void => undefined;
const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
/** Nothing of the machine is simulated: every look at it finds it well. */
const wellProbe = (name: string, now: () => number) => ({
  name,
  run: async (target: string) => ({
    probe: name,
    target,
    ok: true,
    latency_ms: 0,
    value: null,
    detail: 'simulated',
    at: now(),
  }),
});
const probeNames = ['store', 'clock', 'disk', 'event_loop', 'heap', 'agent', 'source'] as const;

/** No files to record to and no history to work on: a job ends at once. */
const emptyJob: JobHandler = async () => ({
  effect_observed: true,
  looked_at: 0,
  found: 0,
  summary: 'simulated',
});

/** Builds houses of these agents. */
export function houseBuilder(build: AgentBuilder): HouseBuilder {
  return (site) => startHouse(site, build);
}

async function startHouse(site: HouseSite, build: AgentBuilder): Promise<House> {
  const { store, loaded, clock, broker, source } = site;
  const kernel = new Kernel({ build, loaded });
  let withheld = false;
  const loop: KernelLoop = new KernelLoop({
    kernel,
    store,
    clock,
    release: (effect) => {
      withheld ||= !site.mayRelease(effect);
      if (!withheld) runner.release(effect);
    },
    committed: nothing,
    fatal: site.fatal,
    commitPauseMs: site.commitPauseMs,
    sleep: (milliseconds) => new Promise((resolve) => void site.after(milliseconds, resolve)),
  });
  const post = (input: KernelInput) => loop.post(input);
  // The venue lives outside and sees the market by itself.
  const venue = { onCandle: nothing, onQuotes: nothing };
  const market = new MarketHub({ sources: [source], clock, post, venue, log: silentLog });
  const waits = {
    clock,
    log: silentLog,
    post,
    postAndWait: (input: KernelInput) => loop.postAndWait(input),
    settle: (effectId: string) => loop.settle(effectId),
  };
  const runner = new EffectRunner({
    ...waits,
    broker,
    market,
    workflows: new WorkflowDesk({ ...waits, server: nativeWorkflows(), callbackSecret: '' }),
    jobs: new JobDesk({
      ...waits,
      handlers: { record: emptyJob, backtest: emptyJob, report: emptyJob, retrain: emptyJob },
    }),
    notifiers: [{ name: 'nobody', send: async () => undefined }],
    probes: new Map(probeNames.map((name) => [name, wellProbe(name, () => clock.now())])),
    models: undefined,
    after: site.after,
  });
  loop.post({
    from: 'kernel',
    message_type: 'kernel.started',
    data: {
      run_mode: site.settings.run_mode,
      seed: site.seed,
      version,
      agent_settings: { ...site.settings },
      first_start: loaded.sequence === 0,
    },
    at: clock.now(),
  });
  await broker.start({
    report: (report) =>
      post({
        from: 'broker',
        message_type: 'broker.report',
        data: report,
        at: Math.max(report.at, clock.now()),
      }),
    uncertain: (uncertainty) =>
      post({ from: 'broker', message_type: 'broker.uncertain', data: uncertainty, at: clock.now() }),
  });
  loop.start();
  for (const effect of loaded.pendingEffects) runner.release(effect);
  await market.start();
  return { post };
}
