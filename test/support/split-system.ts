// An installation in several processes, each of them the real program: on one PostgreSQL and one relay, in folders of its own.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { freePort, Installation, type RunResult, runAto } from './system-process.ts';

const readyTimeoutMs = 60_000;

export class SplitSystem {
  readonly parts = new Map<string, Installation>();
  readonly #settings: Readonly<Record<string, string>>;

  /** `settings` are common to all: database, relay and market. */
  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings;
  }

  /** Starts the process of these agents and waits until its API answers. */
  async start(
    agents: string,
    more: Readonly<Record<string, string>> = {},
    name = agents,
  ): Promise<Installation> {
    const part =
      this.parts.get(name) ??
      new Installation({
        ATO_UNIVERSE: 'BTCUSDT,ETHUSDT',
        ATO_NEWS: 'off',
        ATO_DISCOVERY: 'off',
        ...this.#settings,
        AGENTS: agents,
        ...more,
      });
    this.parts.set(name, part);
    part.settings.ORCHESTRATOR_PORT ??= String(await freePort());
    part.launch();
    await this.answers(part);
    return part;
  }

  async answers(part: Installation): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const healthy = await part.get('/health').catch(() => undefined);
      if (healthy !== undefined) return;
      if (performance.now() - begun > readyTimeoutMs)
        throw new Error(`the process of ${part.settings.AGENTS} did not get ready:\n${part.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** `ato journal verify --json` of one process. */
  async verify(part: Installation): Promise<{ readonly reproduces?: boolean; readonly said: RunResult }> {
    const said = await runAto(['journal', 'verify', '--json'], part.settings, part.folder);
    return { ...(JSON.parse(said.stdout || '{}') as { reproduces?: boolean }), said };
  }

  async remove(): Promise<void> {
    await Promise.all([...this.parts.values()].map((part) => part.remove()));
  }
}

/** Where the program writes its log, for a failure's message. */
export function lastLog(part: Installation): string {
  const folder = path.join(part.folder, 'logs');
  return execFileSync('sh', ['-c', `tail -n 30 ${folder}/*.log 2>/dev/null || true`]).toString();
}
