// The compose files are ones that docker compose accepts, and keep what they promise: no root, nothing open to the network,
// no secret in an environment, a health check for everything, only settings that exist.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { redisMissing } from '../../src/runtime/fault-lab/redis-server.ts';
import { settingNames } from '../../src/shared/config/settings.ts';
import { compose, composeSkipReason } from '../servers/docker-compose.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, projectFolder } from '../support/system-process.ts';

const skip = composeSkipReason();
const deploy = path.join(projectFolder, 'deploy');
const scratch = mkdtempSync(path.join(tmpdir(), 'ato-deploy-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number }[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly secrets?: readonly { readonly source: string }[];
  readonly command?: readonly string[];
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] } | null>>;
}
interface Stack {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

const fileOf = (name: string) => path.join(deploy, name);
const configOf = (file: string, settings: Readonly<Record<string, string>> = {}, profiles = ['*']) =>
  JSON.parse(
    compose(
      ['-f', fileOf(file), ...profiles.flatMap((one) => ['--profile', one]), 'config', '--format', 'json'],
      settings,
    ),
  ) as Stack;
/** Read by the entry point or by the settings of a run in several processes. */
const besideSettings = ['POSTGRES_PASSWORD', 'RELAY_PASSWORD', 'AGENTS', 'RELAY', 'RELAY_URL', 'ATO_JOBS'];

describe.skipIf(skip !== undefined)(`docker compose${skip === undefined ? '' : ` (${skip})`}`, () => {
  test.each([
    ['docker-compose.yml', []],
    ['docker-compose.yml', ['rabbitmq']],
    ['docker-compose.yml', ['scaled-out']],
    ['docker-compose.yml', ['scaled-out', 'rabbitmq']],
    ['docker-compose.existing.yml', []],
  ])('config -q accepts %s with profiles %j', (file, profiles) => {
    const chosen = profiles.flatMap((profile) => ['--profile', profile]);
    expect(compose(['-f', fileOf(file), ...chosen, 'config', '-q'])).toBe('');
  });

  test('the services are the promised ones', () => {
    expect(Object.keys(configOf('docker-compose.yml', {}, []).services).sort()).toEqual(
      ['ai_orchestrator', 'alertmanager', 'grafana', 'n8n', 'postgres', 'prometheus', 'redis'].sort(),
    );
    const { services } = configOf('docker-compose.yml');
    expect(services.rabbitmq?.profiles).toEqual(['rabbitmq']);
    const parts = Object.entries(services).filter(([, service]) => service.profiles?.includes('scaled-out'));
    expect(parts.map(([name, { environment }]) => [name, environment?.AGENTS]).sort()).toEqual([
      ['ato_analyst', 'analyst'],
      ['ato_health', 'health'],
      ['ato_orchestrator', 'orchestrator'],
      ['ato_trading', 'trading'],
      ['ato_worker', 'orchestrator'],
    ]);
  });

  test.each(['docker-compose.yml', 'docker-compose.existing.yml'])(
    '%s keeps the orchestrator locked in',
    (file) => {
      for (const [name, service] of Object.entries(configOf(file).services)) {
        expect(service.restart, name).toBe('unless-stopped');
        expect(service.security_opt, name).toContain('no-new-privileges:true');
        for (const port of service.ports ?? [])
          expect(port.host_ip, `${name} is open to the network`).toBe('127.0.0.1');
        if (!/^(ai_orchestrator|ato_)/.test(name)) {
          expect(service.healthcheck?.test?.length, `${name} has no health check`).toBeGreaterThan(1);
          continue;
        }
        expect([service.user, service.read_only, service.cap_drop]).toEqual(['10001:10001', true, ['ALL']]);
        for (const [setting, value] of Object.entries(service.environment ?? {})) {
          const plain = setting.replace(/_FILE$/, '');
          expect([...settingNames, ...besideSettings], setting).toContain(plain);
          if (/TOKEN|PASSWORD|KEY|SECRET/.test(setting)) expect(value).toMatch(/^\/run\/secrets\//);
        }
      }
    },
  );

  test.each([
    ['docker-compose.yml', [], ['ai_orchestrator']],
    ['docker-compose.yml', ['scaled-out'], ['ai_orchestrator', 'ato_health']],
    ['docker-compose.existing.yml', [], ['ai_orchestrator']],
  ])('alerts of %s with profiles %j go to whoever runs the health monitor', (file, profiles, expected) => {
    const { services } = configOf(file, {}, profiles);
    const named = Object.entries(services).filter(([, { networks }]) =>
      Object.values(networks ?? {}).some((network) => network?.aliases?.includes('ato_alerts')),
    );
    expect(named.map(([name]) => name).sort()).toEqual(expected);
    for (const [, { environment }] of named) expect(environment?.AGENTS ?? 'health').toBe('health');
    expect(readFileSync(fileOf('alertmanager/alertmanager.yml'), 'utf8')).toContain(
      'url: http://ato_alerts:8080/alerts/alertmanager\n',
    );
  });

  test('Prometheus finds every process of ours that serves metrics by its name, and no name is a fixed target', () => {
    const text = readFileSync(fileOf('prometheus/prometheus.yml'), 'utf8');
    const names = /names: \[(ai_orchestrator[^\]]*)\]/.exec(text)?.[1]?.split(', ');
    const { services } = configOf('docker-compose.yml');
    const serving = Object.keys(services).filter((name) => /^(ai_orchestrator|ato_(?!worker))/.test(name));
    expect(names?.sort()).toEqual(serving.sort());
    expect(text).not.toMatch(/targets: .*(ai_orchestrator|ato_)/);
  });

  test('the relay is on a network of its own, with a password that only the parts know', () => {
    const { services, networks } = configOf('docker-compose.yml');
    expect(networks.relay?.internal).toBe(true);
    const parts = Object.keys(services).filter((name) => name.startsWith('ato_'));
    const having = (has: (service: Service) => boolean) =>
      Object.keys(services).filter((name) => has(services[name] as Service));
    const allowed = [...parts, 'redis'].sort();
    expect(having(({ networks: joined }) => 'relay' in (joined ?? {})).sort()).toEqual(allowed);
    expect(having(({ secrets }) => secrets?.some((one) => one.source === 'relay_password') === true)).toEqual(
      allowed,
    );
    expect(Object.keys(services.redis?.networks ?? {})).toEqual(['relay']);
    for (const name of parts) {
      expect(Object.keys(services[name]?.networks ?? {}), name).toContain('default');
      expect(services[name]?.environment?.RELAY_URL).toMatch(/^redis:\/\/:\$+RELAY_PASSWORD@redis:/);
    }
  });

  test.skipIf(redisMissing() !== undefined)('Redis as composed refuses whoever has no password', async () => {
    const password = path.join(scratch, 'relay_password');
    writeFileSync(password, 'c0ffee');
    const port = await freePort();
    const here = (text: string) =>
      text
        .replaceAll('$$', '$')
        .replaceAll('/run/secrets/relay_password', password)
        .replace('--dir /data', `--dir ${scratch} --port ${port} --bind 127.0.0.1`)
        .replace('redis-cli', `redis-cli -p ${port}`);
    const { command = [], healthcheck } = configOf('docker-compose.yml').services.redis ?? {};
    const [shell = '', ...words] = command.map(here);
    const server = spawn(shell, words, { stdio: 'ignore' });
    try {
      const healthy = () => spawnSync('sh', ['-c', here(healthcheck?.test?.[1] ?? 'false')]).status === 0;
      await eventually('Redis is healthy', async () => healthy() || undefined, 10_000);
      const stranger = spawnSync('sh', ['-c', `redis-cli -p ${port} ping`], { encoding: 'utf8' });
      expect(stranger.stdout).toContain('NOAUTH');
      expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain('c0ffee');
      rmSync(password);
      expect(spawnSync(shell, words, { encoding: 'utf8' })).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('make-secrets.sh'),
      });
    } finally {
      server.kill('SIGKILL');
    }
  });

  test('every image can be replaced, so that the stack can be tried without a registry', () => {
    const images = ['ATO', 'POSTGRES', 'REDIS', 'N8N', 'PROMETHEUS', 'ALERTMANAGER', 'GRAFANA', 'RABBITMQ'];
    const own = Object.fromEntries(images.map((name) => [`${name}_IMAGE`, `mine/${name.toLowerCase()}`]));
    for (const [name, { image }] of Object.entries(configOf('docker-compose.yml', own).services))
      expect(image, name).toMatch(/^mine\//);
  });

  test('every secret is made once by make-secrets.sh, and kept', () => {
    const folder = path.join(scratch, 'secrets');
    const make = () =>
      execFileSync('bash', [path.join(deploy, 'make-secrets.sh'), folder], { stdio: 'pipe' });
    make();
    const { secrets = {}, services } = configOf('docker-compose.yml');
    expect(readdirSync(folder).sort()).toEqual(Object.keys(secrets).sort());
    const first = readFileSync(path.join(folder, 'api_token'), 'utf8');
    expect(first).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    make();
    expect(readFileSync(path.join(folder, 'api_token'), 'utf8')).toBe(first);
    const used = new Set(
      Object.values(services).flatMap((one) => (one.secrets ?? []).map(({ source }) => source)),
    );
    expect([...used].sort()).toEqual(Object.keys(secrets).sort());
    expect(readFileSync(path.join(projectFolder, '.gitignore'), 'utf8')).toContain('/deploy/secrets/');
  });
});

describe('the entry point of the image', () => {
  const run = (environment: Readonly<Record<string, string>>) => {
    const tools = path.join(scratch, 'tools');
    mkdirSync(tools, { recursive: true });
    writeFileSync(path.join(tools, 'node'), '#!/bin/sh\nenv; echo "ARGS $*"\n');
    chmodSync(path.join(tools, 'node'), 0o755);
    return spawnSync('sh', [path.join(deploy, 'ai_orchestrator', 'entrypoint.sh'), 'start'], {
      env: { PATH: `${tools}:${process.env.PATH}`, SECRETS_FOLDER: scratch, ...environment },
      encoding: 'utf8',
    });
  };

  test('reads secrets from files, puts the password into the address, leaves other names alone', () => {
    writeFileSync(path.join(scratch, 'token'), 'sesame');
    writeFileSync(path.join(scratch, 'password'), 'deadbeef');
    const { status, stdout } = run({
      API_TOKEN_FILE: path.join(scratch, 'token'),
      POSTGRES_PASSWORD_FILE: path.join(scratch, 'password'),
      DATABASE_URL: 'postgres://orchestrator:$POSTGRES_PASSWORD@postgres:5432/trading',
      RELAY_PASSWORD_FILE: path.join(scratch, 'password'),
      RELAY_URL: 'redis://:$RELAY_PASSWORD@redis:6379/0',
      ATO_STRATEGY_FILE: '/data/mine.ts',
    });
    expect(status).toBe(0);
    expect(stdout).toContain('API_TOKEN=sesame\n');
    expect(stdout).toContain('DATABASE_URL=postgres://orchestrator:deadbeef@postgres:5432/trading\n');
    expect(stdout).toContain('RELAY_URL=redis://:deadbeef@redis:6379/0\n');
    expect(stdout).toContain('ATO_STRATEGY_FILE=/data/mine.ts\n');
    expect(stdout).not.toMatch(/_TOKEN_FILE|POSTGRES_PASSWORD|RELAY_PASSWORD/);
    expect(stdout).toMatch(/ARGS .*src\/main\.ts start\n/);
  });

  test('says which secret is missing instead of starting without it', () => {
    const { status, stderr } = run({ API_TOKEN_FILE: path.join(scratch, 'nowhere') });
    expect([status, stderr]).toEqual([2, expect.stringContaining('make-secrets.sh')]);
  });
});

test('the image is built in stages, runs without root, under tini, with a health check', () => {
  const file = readFileSync(path.join(deploy, 'ai_orchestrator', 'Dockerfile'), 'utf8');
  expect(file.match(/^FROM /gm)?.length).toBe(2);
  const last = file.slice(file.lastIndexOf('\nFROM '));
  expect(last).toMatch(/^USER 10001:10001$/m);
  expect(last).toMatch(/^ENTRYPOINT \["tini"/m);
  expect(last).toMatch(/^HEALTHCHECK /m);
  // Whatever the program reads at run time is in the image, and the builder is given it.
  const ignore = readFileSync(path.join(projectFolder, '.dockerignore'), 'utf8');
  for (const folder of ['src', 'migrations', 'prompts']) {
    expect(last).toMatch(new RegExp(`^COPY ${folder} ${folder}$`, 'm'));
    expect(ignore).toContain(`!${folder}\n`);
  }
});
