// Tells the supervisor, once a second, that this process still turns: a spinning one cannot. Without a supervisor nothing happens.
import process from 'node:process';

const signMs = 1_000;

/** A supervisor that is gone would start a second one of us: then this one stops in order. */
export function tellSupervisor(): void {
  if (process.send === undefined) return;
  const timer = setInterval(() => process.send?.({ alive: true }, undefined, {}, () => undefined), signMs);
  timer.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening holds the process; when all else is done it shall end.
  process.channel?.unref();
}
