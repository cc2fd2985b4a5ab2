// One worker thread of a chaos campaign: runs the seeds it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { type ChaosRunRequest, runChaos } from './chaos-run.ts';

const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread only');
port.on('message', async (requests: readonly ChaosRunRequest[]) => {
  for (const request of requests) port.postMessage(await runChaos(request));
});
