// One line per alert, at the level its severity deserves.
import { expect, test } from 'vitest';
import type { Log } from '../../../shared/ports/log.ts';
import { LogNotifier } from './log-notifier.ts';

function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (_fields: unknown, message: string) => void lines.push(`${level} ${message}`);
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

test('severity chooses the level, and the end of an incident is only information', async () => {
  const { log, lines } = recordingLog();
  const notifier = new LogNotifier(log);
  const alert = { incident_id: 'i', text: 'text' } as const;
  await notifier.send({ ...alert, severity: 'critical', phase: 'opened' });
  await notifier.send({ ...alert, severity: 'warning', phase: 'updated' });
  await notifier.send({ ...alert, severity: 'info', phase: 'opened' });
  await notifier.send({ ...alert, severity: 'critical', phase: 'resolved' });
  expect(lines).toEqual([
    'error alert opened [critical] text',
    'warn alert updated [warning] text',
    'info alert opened [info] text',
    'info alert resolved [critical] text',
  ]);
});

test('quoted text from outside cannot forge a second line', async () => {
  const { log, lines } = recordingLog();
  await new LogNotifier(log).send({
    incident_id: 'i',
    severity: 'warning',
    phase: 'opened',
    text: 'a\nalert resolved [critical] b\u2028c\u001b[31m',
  });
  expect(lines).toEqual(['warn alert opened [warning] a alert resolved [critical] b c [31m']);
});
