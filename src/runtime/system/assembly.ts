// Joins kernel, agents, adapters and desks upon a foundation. It must never start any of them: the order of starting is
// trading-system.ts.
import { setTimeout as delay } from 'node:timers/promises';
import { SystemProbe } from '../../adapters/probe/system/system-probe.ts';
import { Kernel, type KernelInput } from '../../kernel/kernel.ts';
import { committedMessages, KernelLoop, type KernelLoopOptions } from '../../kernel/kernel-loop.ts';
import { agentBuilder } from '../agents.ts';
import { ExternalAlerts } from '../alerts/external-alerts.ts';
import { selectNotifiers } from '../alerts/notifier-selection.ts';
import { operatorDesk } from '../alerts/operator-desk.ts';
import { type Care, type CareParts, careOf, foldersOf } from '../healing/care.ts';
import { tellOfAbsence } from '../processes/absence-input.ts';
import { bridgeOf } from '../relay/bridge-wiring.ts';
import type { RelayBridge } from '../relay/relay-bridge.ts';
import { looksAtNamedServer, looksThrough } from '../relay/relay-looks.ts';
import type { WorkflowDesk } from '../workflows/workflow-desk.ts';
import { writeActivity } from './activity-log.ts';
import { EffectRunner } from './effect-runner.ts';
import type { Foundation } from './foundation.ts';
import { decidesAfterStart, LiveFacts } from './live-facts.ts';
import { discoveryHub, marketHub, newsDesk } from './source-wiring.ts';
import { agentSettingsOf } from './start-input.ts';
import { workDesks } from './work-wiring.ts';

/** Pause between two commits: inputs that arrive meanwhile share the next one. */
const commitPauseMs = 15;

/** Everything that runs, joined but not yet started. */
export async function assemble(
  foundation: Foundation,
  onFatal: (error: Error) => void,
  onRestart: (reason: string) => void,
) {
  const { settings, log, store, loaded, market, clock, strategies } = foundation;
  const facts = new LiveFacts(await store.check(), decidesAfterStart(loaded));
  facts.subscribe((messages) => writeActivity(foundation.fileLog, messages));
  const kernel = new Kernel({
    build: agentBuilder(strategies.all),
    loaded,
    stopwatch: () => performance.now(),
  });
  const loop: KernelLoop = new KernelLoop({
    ...{ kernel, store, commitPauseMs, clock: market.clock(), sleep: delay },
    ...tellers(foundation, facts, onFatal, () => bridge),
    release: (effect) => runner.release(effect),
  });
  const post = (input: KernelInput) => loop.post(input);
  const { broker, listener } = foundation.trading;
  const hub = marketHub(foundation, listener, post);
  const bridge = bridgeOf(foundation, loop, hub);
  foundation.presence?.onAbsence((absence) => void tellOfAbsence(absence, { loop, clock, log }));
  const settle = (effectId: string) => loop.settle(effectId);
  const postAndWait = (input: KernelInput) => loop.postAndWait(input);
  const waits = { post, postAndWait, settle };
  const { desk, jobs } = workDesks(foundation, waits);
  const news = newsDesk(foundation, post);
  const discovery = discoveryHub(foundation, post);
  const agentSettings = agentSettingsOf(foundation);
  const systemProbe = new SystemProbe({ folders: foldersOf(settings) });
  const external = new ExternalAlerts({ clock, postAndWait });
  const restartProcess = agentSettings.healing?.process_restart === true ? onRestart : undefined;
  const running = { external, loop, hub, kernel, jobs, systemProbe, restartProcess, bridge };
  const care = careFor(foundation, desk, running);
  const desks = { settings, reader: foundation.reader, market, clock, loop, rows: kernel.rows };
  const notifiers = await selectNotifiers(settings, log, () => operatorDesk(desks));
  const models = foundation.models?.ladder;
  const { probes, healing } = care;
  const desksOfWork = { workflows: desk, jobs, models, healing };
  const parts = { broker, market: hub, notifiers: notifiers.all, probes, ...desksOfWork };
  const runner = new EffectRunner({
    ...{ ...parts, clock, log, ...waits },
    mayTrade: async () => store.assertHeld?.(),
    ...(bridge === undefined
      ? {}
      : { restartElsewhere: (source, reason) => bridge.restartSource(source, reason) }),
  });
  return {
    ...foundation,
    agentSettings,
    notifiers,
    care,
    // One database, one page: in several processes only the one that the health agent lives in tells.
    guard: care.guard(settings.AGENTS.includes('health_ai') ? notifiers.all : []),
    rows: kernel.rows,
    facts,
    kernel,
    loop,
    broker,
    hub,
    news,
    discovery,
    systemProbe,
    runner,
    external,
    desk,
    jobs,
    bridge,
    alerts: () => runner.alerts,
  };
}

/** Who hears of commits and of the end of the loop. The bridge is made after the loop. */
function tellers(
  { relay, log }: Foundation,
  facts: LiveFacts,
  onFatal: (error: Error) => void,
  bridge: () => RelayBridge | undefined,
): Pick<KernelLoopOptions, 'beside' | 'committed' | 'fatal'> {
  return {
    ...(relay === undefined
      ? {}
      : { beside: (records, inputs) => bridge()?.outgoing(records, inputs) ?? [] }),
    committed: (records) => {
      bridge()?.committed();
      facts.committed(committedMessages(records), Date.now(), (error) =>
        log.error({ error: String(error) }, 'a listener failed'),
      );
    },
    fatal: (error) => {
      facts.failed(error.message);
      log.error({ error: error.message }, 'the kernel loop stopped; starting again recovers');
      onFatal(error);
    },
  };
}

function careFor(
  { settings, store, clock, log, market, workflows, presence, installation }: Foundation,
  desk: WorkflowDesk,
  running: Omit<
    CareParts,
    'settings' | 'store' | 'clock' | 'log' | 'clockSkewMs' | 'workflowCheck' | 'elsewhere' | 'relayLooks'
  >,
): Care {
  return careOf({
    ...{ settings, store, clock, log, ...running },
    clockSkewMs: market.clockSkewMs,
    workflowCheck: workflows.forAgents && (() => desk.check()),
    elsewhere: presence && (() => presence.states),
    relayLooks:
      running.bridge === undefined
        ? looksAtNamedServer(settings)
        : looksThrough(running.bridge, installation, settings, () => clock.now()),
  });
}
