// Settings of an installation that runs in several processes: which agents are here, and how they reach the others.
import { z } from 'zod';
import { type AgentName, agentNames } from '../domain/agent-name.ts';

const shortNames = agentNames.map((agent) => shortName(agent));
const everybody = 'all';

const agentList = z
  .string()
  .transform((value) => [
    ...new Set(
      value
        .split(',')
        .map((name) => name.trim().toLowerCase().replace(/_ai$/, ''))
        .filter((name) => name !== ''),
    ),
  ])
  .refine(
    (names) => names.length > 0 && names.every((name) => name === everybody || shortNames.includes(name)),
    `name one or more of ${shortNames.join(', ')}, or ${everybody}`,
  )
  .transform((names): readonly AgentName[] =>
    names.includes(everybody) ? agentNames : agentNames.filter((agent) => names.includes(shortName(agent))),
  );

export const processSettingsShape = {
  AGENTS: agentList.default(agentNames),
  RELAY: z.enum(['memory', 'redis', 'rabbitmq'], 'use one of memory, redis, rabbitmq').default('memory'),
  RELAY_URL: z
    .string()
    .regex(
      /^(rediss?|amqps?):\/\/./,
      'write it as redis://user:password@host:6379/0, or as amqp://user:password@host:5672',
    )
    .optional(),
  ATO_STANDBY: z.enum(['yes', 'no'], 'use one of yes, no').default('no'),
  ATO_AGENTS_MOVED: z.enum(['yes', 'no'], 'use one of yes, no').default('no'),
  ATO_JOBS: z.enum(['here', 'workers'], 'use one of here, workers').default('here'),
};

export interface ProcessSettings {
  readonly AGENTS: readonly AgentName[];
  readonly RELAY: 'memory' | 'redis' | 'rabbitmq';
  readonly RELAY_URL?: string | undefined;
  readonly ATO_STANDBY: 'yes' | 'no';
  readonly ATO_AGENTS_MOVED: 'yes' | 'no';
  readonly ATO_JOBS: 'here' | 'workers';
  readonly DATABASE_URL?: string | undefined;
  readonly DATABASE_SCHEMA: string;
  readonly ATO_MARKET_SOURCE: string;
  readonly ATO_MARKET_SPEED: number;
}

/** `orchestrator` for `orchestrator_ai`, as people write it in AGENTS. */
export function shortName(agent: AgentName): string {
  return agent.slice(0, -'_ai'.length);
}

/** True when some of the agents live in other processes. */
export function isPart({ AGENTS }: Pick<ProcessSettings, 'AGENTS'>): boolean {
  return AGENTS.length < agentNames.length;
}

/** The schema that holds this process's journal and rows: its own one for a part of the agents. */
export function schemaOf(settings: Pick<ProcessSettings, 'AGENTS' | 'DATABASE_SCHEMA'>): string {
  if (!isPart(settings)) return settings.DATABASE_SCHEMA;
  return `${settings.DATABASE_SCHEMA}_${settings.AGENTS.map(shortName).join('_')}`;
}

/** Agents whose rows a schema of this installation holds; undefined for a schema that is none. */
export function agentsOfSchema(base: string, schema: string): readonly AgentName[] | undefined {
  if (schema === base) return agentNames;
  if (!schema.startsWith(`${base}_`)) return undefined;
  const names = schema.slice(base.length + 1).split('_');
  const found = agentNames.filter((agent) => names.includes(shortName(agent)));
  return found.length > 0 && found.map(shortName).join('_') === names.join('_') ? found : undefined;
}

const longestSchema = 63;

/** What cannot work, each in one line with the fix. */
export function processProblems(settings: ProcessSettings): string[] {
  const problems: string[] = [];
  const { RELAY, RELAY_URL, DATABASE_URL } = settings;
  const wanted = RELAY === 'redis' ? /^rediss?:/ : /^amqps?:/;
  if (RELAY !== 'memory' && RELAY_URL === undefined)
    problems.push(
      `RELAY=${RELAY} needs RELAY_URL, such as ${RELAY === 'redis' ? 'redis://127.0.0.1:6379/0' : 'amqp://guest:guest@127.0.0.1:5672'}.`,
    );
  else if (RELAY !== 'memory' && RELAY_URL !== undefined && !wanted.test(RELAY_URL))
    problems.push(`RELAY=${RELAY} and the kind of server in RELAY_URL do not belong together.`);
  for (const name of ['ATO_STANDBY', 'ATO_JOBS'] as const)
    if (DATABASE_URL === undefined && settings[name] !== 'no' && settings[name] !== 'here')
      problems.push(
        `${name}=${settings[name]} needs DATABASE_URL: only on a PostgreSQL server can several processes share the work.`,
      );
  if (!isPart(settings)) return problems;
  const part = `AGENTS=${settings.AGENTS.map(shortName).join(',')} leaves the other agents to other processes`;
  if (RELAY === 'memory')
    problems.push(
      `${part}, and RELAY=memory does not reach them. Set RELAY=redis or rabbitmq, and RELAY_URL.`,
    );
  if (DATABASE_URL === undefined)
    problems.push(`${part}. That needs DATABASE_URL: the embedded database serves one process only.`);
  if (settings.ATO_MARKET_SOURCE === 'tape' || settings.ATO_MARKET_SPEED !== 1)
    problems.push(
      `${part}. A tape or a hurried market has a clock of its own and works in one process only.`,
    );
  if (schemaOf(settings).length > longestSchema)
    problems.push(`DATABASE_SCHEMA is too long for AGENTS: together they may have ${longestSchema} letters.`);
  return problems;
}
