// The way in: command line in, exit code out.
import { runProgram } from './cli/program.ts';

// A reader that goes away (`ato doctor | head`) is no failure: what was begun is finished, unread.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const code = await runProgram(process.argv.slice(2));
process.exitCode = code;
