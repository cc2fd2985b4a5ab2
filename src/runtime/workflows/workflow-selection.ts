// Which workflow server runs tasks, from the settings: n8n where one is named and wanted, otherwise the agents alone.
import { randomBytes } from 'node:crypto';
import { N8nServer } from '../../adapters/workflow/n8n/n8n-server.ts';
import { nativeWorkflows } from '../../adapters/workflow/native/native-workflows.ts';
import type { Settings } from '../../shared/config/settings.ts';
import type { AgentSettings } from '../../shared/domain/agent-settings.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { WorkflowServer } from '../../shared/ports/workflow.ts';

const callbackSecretBytes = 32;

export interface SelectedWorkflows {
  readonly server: WorkflowServer;
  /** Signs call-back addresses. Unless it is set, call-backs of an earlier process are not known any more. */
  readonly callbackSecret: string;
  /** What the agents are told; undefined when only they run tasks. */
  readonly forAgents: AgentSettings['workflows'] | undefined;
}

export function selectWorkflows(
  settings: Settings,
  clock: Pick<Clock, 'now'>,
  log: Pick<Log, 'warn'>,
): SelectedWorkflows {
  const callbackSecret = settings.N8N_CALLBACK_SECRET ?? randomBytes(callbackSecretBytes).toString('hex');
  const { TASK_RUNNER: runner, N8N_BASE_URL: baseUrl, N8N_WEBHOOK_TOKEN: token } = settings;
  const native = { server: nativeWorkflows(), callbackSecret, forAgents: undefined };
  if (runner === 'native' || baseUrl === undefined) return native;
  if (settings.ATO_MARKET_SPEED !== 1) {
    log.warn(
      { speed: settings.ATO_MARKET_SPEED },
      'n8n lives in real time: in a hurried market tasks run natively',
    );
    return native;
  }
  const server = new N8nServer({
    baseUrl,
    header: token === undefined ? undefined : { name: settings.N8N_WEBHOOK_HEADER, value: token },
    apiKey: settings.N8N_API_KEY,
    callbackUrl: settings.N8N_CALLBACK_URL ?? ownAddress(settings),
    now: () => clock.now(),
  });
  return { server, callbackSecret, forAgents: { server: server.name, runner } };
}

/** Where a program on this machine reaches the API. */
function ownAddress({ BIND_ADDRESS: address, ORCHESTRATOR_PORT: port }: Settings): string {
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
