// The way in: command line in, exit code out.
import { runProgram } from './cli/program.ts';

const code = await runProgram(process.argv.slice(2));
process.exitCode = code;
