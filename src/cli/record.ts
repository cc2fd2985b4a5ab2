// ato record: writes what the market sources say into tapes that `ato sim --tape` plays.
import { Command } from 'commander';
import { type RecordingReport, record } from '../runtime/commands/recording.ts';
import { isSourceName } from '../runtime/commands/recording-sources.ts';
import { loadSettings } from '../shared/config/load-settings.ts';
import type { Log } from '../shared/ports/log.ts';
import { Misuse } from './misuse.ts';
import { list, positive } from './option-values.ts';
import { note, printJson, printLine } from './output.ts';

const bytesPerMegabyte = 1_000_000;
const defaultMaxMegabytes = 64;

interface RecordOptions {
  readonly sources?: string[];
  readonly out: string;
  readonly hours?: number;
  readonly maxMb: number;
  readonly json?: boolean;
}

export function recordCommand(): Command {
  return new Command('record')
    .description(
      'record the candles of the market sources into tapes that `ato sim --tape DIR` plays; Ctrl-C ends it, the same command goes on where it ended',
    )
    .option(
      '--sources <names>',
      'values of ATO_MARKET_SOURCE, oanda, tradermade or dexscreener, comma-separated; a symbol is recorded from the first that serves it (default: ATO_MARKET_SOURCE)',
      list,
    )
    .requiredOption('--out <dir>', 'folder of the recording; it is made when missing')
    .option('--hours <n>', 'end after so many hours of market time (default: until Ctrl-C)', positive)
    .option('--max-mb <n>', 'begin the next file of a series beyond this size', positive, defaultMaxMegabytes)
    .option('--json', 'print one JSON document on stdout at the end')
    .addHelpText('after', '\nExample:\n  ato record --sources binance --out recordings/mine --hours 24')
    .action(async (options: RecordOptions) => {
      const settings = loadSettings();
      const sources = options.sources ?? [settings.ATO_MARKET_SOURCE];
      const unknown = sources.filter((name) => !isSourceName(name));
      if (unknown.length > 0)
        throw new Misuse(
          `no such source: ${unknown.join(', ')}; use oanda, tradermade, dexscreener, or values of ATO_MARKET_SOURCE, see env.example`,
        );
      const hurried = sources.filter((name) => name !== 'tape' && name !== 'synthetic');
      if (settings.ATO_MARKET_SPEED !== 1 && hurried.length > 0)
        throw new Misuse(`ATO_MARKET_SPEED other than 1: ${hurried.join(', ')} cannot be hurried`);
      const stop = Promise.withResolvers<void>();
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => {
          note(`${signal}: packing what is recorded (press again to stop at once)`);
          stop.resolve();
          process.once(signal, () => process.exit(130));
        });
      const report = await record(
        settings,
        {
          sources,
          folder: options.out,
          maxFileBytes: options.maxMb * bytesPerMegabyte,
          log: terminalLog,
          ...(options.hours === undefined ? {} : { hours: options.hours }),
        },
        stop.promise,
      );
      if (options.json === true) printJson(report);
      else printReport(report);
    });
}

const terminalLog: Log = {
  debug: () => undefined,
  info: (fields, text) => note(`${text} ${JSON.stringify(fields)}`),
  warn: (fields, text) => note(`WARNING ${text} ${JSON.stringify(fields)}`),
  error: (fields, text) => note(`ERROR ${text} ${JSON.stringify(fields)}`),
};

function printReport(report: RecordingReport): void {
  for (const series of report.series)
    printLine(
      `${series.symbol} from ${series.source} (${series.kind}): ${series.written} candles` +
        `${series.from === null ? '' : `, ${series.from} to ${series.to}`}` +
        `${series.backfilled > 0 ? `, ${series.backfilled} of them from history` : ''}` +
        `${series.duplicates + series.late > 0 ? `; left out ${series.duplicates} duplicates and ${series.late} late ones` : ''}`,
    );
  if (report.mended_lines > 0)
    printLine(`${report.mended_lines} torn lines of an earlier run were taken out`);
  printLine(`play it: ato sim --tape ${report.out}`);
}
