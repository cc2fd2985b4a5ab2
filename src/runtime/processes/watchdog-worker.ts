// The thread beside the main one that ends a process whose main thread stands still for good, and says where it stood. It must
// need nothing of the main thread, and never act while the process was only stopped or is being debugged.
import { appendFileSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';
import process from 'node:process';
import { workerData } from 'node:worker_threads';
import { lookMs, Stillness } from './stillness.ts';
import { type FreezeNote, freezeNoteFile, frozenExitCode, type WatchdogOrders } from './watchdog-orders.ts';

/** For asking the main thread where it stands and ending it with our exit code; then it is killed. */
const lastWordsMs = 3_000;
const maxFrames = 5;
const fatalLevel = 60;
const stderr = 2;

const { limitMs, folder, shared } = workerData as WatchdogOrders;
const cells = new Int32Array(shared);
const stillness = new Stillness();
const timer = setInterval(() => {
  const stillMs = stillness.look({
    beats: Atomics.load(cells, 0),
    steady: performance.now(),
    wall: Date.now(),
  });
  const debugged = Atomics.load(cells, 1) === 1;
  if (stillMs < limitMs || debugged) return;
  clearInterval(timer);
  end(stillMs);
}, lookMs);

function end(stillMs: number): void {
  setTimeout(() => {
    tell(stillMs, 'where is not known');
    process.kill(process.pid, 'SIGKILL');
  }, lastWordsMs);
  try {
    askMainThread((where, leave) => {
      tell(stillMs, where);
      leave();
    });
  } catch {
    // Then the timer above ends it.
  }
}

/** Pauses the main thread in the middle of whatever it does; `leave` ends the process from there with our exit code. */
function askMainThread(hear: (where: string, leave: () => void) => void): void {
  const session = new Session();
  const urls = new Map<string, string>();
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    const [top] = params.callFrames;
    const frames = params.callFrames.slice(0, maxFrames).map(({ functionName, location, url }) => {
      const file = path.basename(url === '' ? (urls.get(location.scriptId) ?? '') : url);
      return `${functionName === '' ? '(anonymous)' : functionName} (${file}:${location.lineNumber + 1})`;
    });
    hear(`in ${frames.join(' < ')}`, () => {
      const expression = `process.reallyExit(${frozenExitCode})`;
      const callFrameId = top?.callFrameId ?? '';
      session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression });
    });
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** To the terminal, the log and the next start; a disk that is full keeps none of them from the others. */
function tell(stillMs: number, where: string): void {
  const note: FreezeNote = { at: Date.now(), still_ms: Math.round(stillMs), where };
  const msg = 'the main thread stands still: ending the process so that it is started again';
  const line = {
    level: fatalLevel,
    time: new Date(note.at).toISOString(),
    ...note,
    exit_code: frozenExitCode,
    msg,
  };
  for (const write of [
    () =>
      writeSync(
        stderr,
        `${line.time.slice(11, 19)} FATAL   ${msg}  still_ms=${note.still_ms} where=${where}\n`,
      ),
    () => appendFileSync(newestLog(), `${JSON.stringify(line)}\n`),
    () => writeFileSync(path.join(folder, freezeNoteFile), JSON.stringify(note)),
  ])
    try {
      write();
    } catch {
      // Nobody is left to be told.
    }
}

function newestLog(): string {
  const [newest] = readdirSync(folder)
    .filter((name) => /^orchestrator.*\.log$/.test(name))
    .map((name) => ({ file: path.join(folder, name), at: statSync(path.join(folder, name)).mtimeMs }))
    .sort((left, right) => right.at - left.at);
  return newest?.file ?? path.join(folder, 'orchestrator.watchdog.log');
}
