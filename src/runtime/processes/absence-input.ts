// Hands what the leases show of an agent elsewhere to the agents here. It must never speak of an agent that runs here.
import type { KernelInput } from '../../kernel/kernel.ts';
import type { KernelLoop } from '../../kernel/kernel-loop.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Absence } from './absence-watch.ts';

export interface AbsenceTellerParts {
  readonly loop: Pick<KernelLoop, 'postRelayed'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** As if its own kernel had said so, which it cannot: where an agent failed makes no difference to the others. */
export async function tellOfAbsence(
  absence: Absence,
  { loop, clock, log }: AbsenceTellerParts,
): Promise<void> {
  const { kind, agent } = absence;
  const common = { from: 'kernel', at: clock.now() } as const;
  if (kind === 'restarted') log.info({ agent }, 'the process of an agent is there again');
  else log.warn({ agent, why: absence.why }, 'the process of an agent failed');
  const input: KernelInput =
    kind === 'restarted'
      ? { ...common, message_type: 'kernel.agent_restarted', data: { agent } }
      : {
          ...{ ...common, message_type: 'kernel.agent_failed' },
          data: {
            ...{ agent, error: absence.why, failures: absence.failures },
            ...{ message_id: 'lease', restart_at: common.at },
          },
        };
  // A loop that has stopped hears of it by its own restart.
  await loop.postRelayed(input, []).catch(() => undefined);
}
