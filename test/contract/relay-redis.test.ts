// The relay over Redis Streams keeps the contract on a real server: killed, frozen and cut off.
import { describe } from 'vitest';
import { RedisRelay } from '../../src/adapters/relay/redis/redis-relay.ts';
import { redisMissing, startRedis } from '../../src/runtime/fault-lab/redis-server.ts';
import { skipOrThrow, subjectOn } from '../servers/relay-subject.ts';
import { relayContract } from './relay.contract.ts';

const reason = skipOrThrow(redisMissing());

describe.skipIf(reason !== undefined)(`redis relay${reason === undefined ? '' : `: ${reason}`}`, () => {
  relayContract(
    async () =>
      subjectOn(
        await startRedis(),
        (url, limits) =>
          new RedisRelay({ url, prefix: 'ato-test', ...(limits === undefined ? {} : { limits }) }),
      ),
    true,
  );
});
