// The relay over RabbitMQ quorum queues keeps the contract on a real server: killed, frozen and cut off.
import { describe } from 'vitest';
import { RabbitRelay } from '../../src/adapters/relay/rabbitmq/rabbitmq-relay.ts';
import { rabbitMissing, startRabbit } from '../../src/runtime/fault-lab/rabbitmq-server.ts';
import { skipOrThrow, subjectOn } from '../servers/relay-subject.ts';
import { relayContract } from './relay.contract.ts';

const reason = skipOrThrow(rabbitMissing());

describe.skipIf(reason !== undefined)(`rabbitmq relay${reason === undefined ? '' : `: ${reason}`}`, () => {
  relayContract(
    async () =>
      subjectOn(
        await startRabbit(),
        (url, limits) =>
          new RabbitRelay({ url, prefix: 'ato-test', ...(limits === undefined ? {} : { limits }) }),
      ),
    true,
  );
});
