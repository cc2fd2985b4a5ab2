// ato sessions: which forex sessions are open at an instant, which overlap, and what changes next.
import { Command } from 'commander';
import { loadSettings } from '../shared/config/load-settings.ts';
import { sessionRulesOf } from '../shared/config/session-settings.ts';
import {
  earliestInstant,
  latestInstant,
  type SessionReport,
  sessionReport,
} from '../shared/domain/session-report.ts';
import type { ForexSession } from '../shared/domain/session-rules.ts';
import { sessionCalendar } from '../shared/domain/sessions.ts';
import { Misuse } from './misuse.ts';
import { instant } from './option-values.ts';
import { printJson, printLine } from './output.ts';

const names: Readonly<Record<ForexSession, string>> = {
  sydney: 'Sydney',
  tokyo: 'Tokyo',
  london: 'London',
  newyork: 'New York',
};

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('say which forex sessions are open at an instant, which overlap and what changes next')
    .option('--at <iso>', 'ISO 8601 instant such as 2026-03-11T12:30:00Z (default: now)', instant)
    .option('--json', 'print one JSON document on stdout')
    .action((options: { at?: number; json?: boolean }) => {
      const at = options.at ?? Date.now();
      if (at < earliestInstant || at >= latestInstant)
        throw new Misuse('--at must lie between 1971 and 2100, where the rules of the time zones are known');
      const calendar = sessionCalendar(sessionRulesOf(loadSettings()));
      const report = sessionReport(calendar, at);
      if (options.json === true) printJson(report);
      else printReport(report);
    });
}

function printReport(report: SessionReport): void {
  const { at, open, overlaps, market, holiday, next_change: next } = report;
  printLine(`${at}: the forex market is ${market}; open sessions: ${listed(open) || 'none'}`);
  if (holiday !== null) printLine(`holiday: ${holiday.name} (${holiday.effect})`);
  for (const { sessions, from, until } of overlaps)
    printLine(`overlap: ${listed(sessions)}, ${from} to ${until}`);
  const changes = [
    ...next.closes.map((session) => `${names[session]} closes`),
    ...next.opens.map((session) => `${names[session]} opens`),
  ];
  printLine(`next change: ${next.at}: ${changes.join(', ') || `the market is ${next.market}`}`);
}

function listed(sessions: readonly ForexSession[]): string {
  return sessions.map((session) => names[session]).join(', ');
}
