// `docker compose` for tests: the machine's own, or the one that scripts/install-docker-compose.sh unpacked beside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const unpacked =
  process.env.DOCKER_COMPOSE_TEST_FOLDER ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'ato', 'docker-cli');

interface Program {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

function found(): Program | undefined {
  const own: Program = { program: 'docker', environment: {} };
  if (spawnSync('docker', ['compose', 'version']).status === 0) return own;
  const program = path.join(unpacked, 'docker');
  return existsSync(program) ? { program, environment: { DOCKER_CONFIG: unpacked } } : undefined;
}

/** Why tests that need it must be skipped. With REQUIRE_REAL_SERVERS=1 that is an Error instead. */
export function composeSkipReason(): string | undefined {
  if (found() !== undefined) return undefined;
  const reason = 'no docker compose on this machine (bash scripts/install-docker-compose.sh unpacks one)';
  if (process.env.REQUIRE_REAL_SERVERS === '1') throw new Error(reason);
  return reason;
}

/** What `docker compose <args>` printed. Throws Error with its words when it fails. Needs no engine for `config`. */
export function compose(args: readonly string[], settings: Readonly<Record<string, string>> = {}): string {
  const { program, environment } = found() ?? { program: 'docker', environment: {} };
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment, ...settings };
  const { status, stdout, stderr } = spawnSync(program, ['compose', ...args], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`docker compose ${args.join(' ')}: ${stderr}`);
  return stdout;
}
