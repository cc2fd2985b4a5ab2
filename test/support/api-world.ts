// A world for API tests: real memory store, a stream the test speaks into, facts the test may change.
import type { MemoryStore } from '../../src/adapters/store/memory/memory-store.ts';
import type { ApiDependencies, CommandReceipt } from '../../src/api/api-dependencies.ts';
import { type ApiLimits, createApi } from '../../src/api/create-api.ts';
import type { MessageDataByType, MessageType, OperatorCommand } from '../../src/shared/bus/catalogue.ts';
import type { AnyMessage } from '../../src/shared/bus/message.ts';
import { filledStore, startAt } from './api-rows.ts';
import { facts, learning, quietHealthReport, schedule } from './api-views.ts';

export interface ApiWorld {
  readonly app: Awaited<ReturnType<typeof createApi>>;
  readonly store: MemoryStore;
  readonly commands: OperatorCommand[];
  readonly logged: string[];
  say<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): void;
  listeners(): number;
}

let sequence = 0;

export function message<Type extends MessageType>(type: Type, data: MessageDataByType[Type]): AnyMessage {
  sequence++;
  return {
    id: `m${sequence}`,
    from: 'kernel',
    to: 'all',
    message_type: type,
    data,
    at: startAt,
    correlation_id: `m${sequence}`,
    causation_id: null,
    schema: 1,
  } as unknown as AnyMessage;
}

export interface WorldOptions {
  readonly store?: MemoryStore;
  readonly dependencies?: Partial<ApiDependencies>;
  readonly limits?: Partial<ApiLimits>;
  /** What a command causes; the command itself is put in front. */
  readonly caused?: (command: OperatorCommand) => readonly AnyMessage[];
}

export async function apiWorld(options: WorldOptions = {}): Promise<ApiWorld> {
  const store = options.store ?? (await filledStore());
  const listeners = new Set<(messages: readonly AnyMessage[]) => void>();
  const commands: OperatorCommand[] = [];
  const logged: string[] = [];
  const keep = (fields: Readonly<Record<string, unknown>>, text: string) => {
    logged.push(`${text} ${JSON.stringify(fields)}`);
  };
  const post = async (command: OperatorCommand): Promise<CommandReceipt> => {
    commands.push(command);
    const messages = [message('operator.command', command), ...(options.caused?.(command) ?? [])];
    for (const listener of listeners) listener(messages);
    return { sequence: 43, messages };
  };
  const app = await createApi(
    {
      reader: store,
      post,
      runtime: () => facts(),
      stream: {
        subscribe(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      workflows: () => [
        {
          kind: 'crypto-normal-scan',
          description: 'Looks at all crypto pairs',
          agent: 'analyst_ai',
          runner: 'native',
          min_interval_ms: 300_000,
          max_interval_ms: 1_800_000,
        },
      ],
      schedule,
      healthReport: async () => quietHealthReport,
      learning,
      pageFolder: undefined,
      apiToken: undefined,
      bindAddress: '127.0.0.1',
      log: { debug: keep, info: keep, warn: keep, error: keep },
      ...options.dependencies,
    },
    options.limits,
  );
  return {
    app,
    store,
    commands,
    logged,
    say(type, data) {
      for (const listener of listeners) listener([message(type, data)]);
    },
    listeners: () => listeners.size,
  };
}
