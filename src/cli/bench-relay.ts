// ato bench relay: what the relays between processes carry on this machine.
import { Command, InvalidArgumentError } from 'commander';
import { endServersWithUs, note, printJson, printLine } from './output.ts';

const maxSeconds = 600;

interface RelayBenchOptions {
  readonly seconds: number;
  readonly redisUrl?: string;
  readonly rabbitmqUrl?: string;
  readonly json?: boolean;
}

export function benchRelayCommand(): Command {
  return new Command('relay')
    .description(
      'durable messages per second between two processes over Redis Streams and RabbitMQ, and their delay at half of that and at half of the aim',
    )
    .option('--seconds <n>', 'how long each part lasts', seconds, 5)
    .option('--redis-url <url>', 'an own Redis server instead of one started for the run')
    .option('--rabbitmq-url <url>', 'an own RabbitMQ server instead of one started for the run')
    .option('--json', 'print one JSON document on stdout')
    .action(async (options: RelayBenchOptions) => {
      endServersWithUs();
      const { benchRelay } = await import('../runtime/bench/relay/bench-relay.ts');
      const report = await benchRelay({
        seconds: options.seconds,
        ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
        ...(options.rabbitmqUrl === undefined ? {} : { rabbitUrl: options.rabbitmqUrl }),
        note,
      });
      if (options.json === true) printJson(report);
      else printLine(JSON.stringify(report, null, 2));
    });
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 1 && number <= maxSeconds))
    throw new InvalidArgumentError(`use a number of seconds from 1 to ${maxSeconds}.`);
  return number;
}
