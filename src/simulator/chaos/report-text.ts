// A campaign's report for people: lines for a terminal, and the tables of docs/reliability.md.
import { crashPointNames, crashPoints, type Fault, faultNames, faults } from './cells.ts';
import { type CheckerName, checkerNames } from './checkers/checker.ts';
import type { ChaosReport } from './report.ts';

/** The matrix as plain lines. */
export function matrixText(report: ChaosReport): string[] {
  const { total } = report;
  const faultLines = report.faults.map(
    (row) =>
      `${row.fault.padEnd(24)} ${row.runs} runs, ${row.crashes} crashes, ${row.orders} orders, unknown ${row.unknowns} (${row.unknowns_resolved} resolved), reconciled p99 ${secondsOf(row.reconcile_p99_ms)}, ${row.violations} violations`,
  );
  return [
    `${report.seeds} seeds from ${report.first_seed}, ${report.cells.length} cells, ${total.crashes} crashes, ${total.orders} orders at the venue, ${total.fills} fills`,
    ...faultLines,
    `${total.violations} violations; ${total.unknowns_resolved} of ${total.unknowns} unknown orders resolved; time to reconcile p50 ${secondsOf(total.reconcile_p50_ms)}, p99 ${secondsOf(total.reconcile_p99_ms)} (simulated)`,
  ];
}

/** The tables of the document: what was proved, the matrix, and each fault's figures. */
export function matrixMarkdown(report: ChaosReport): string[] {
  const { total } = report;
  return [
    `Seeds ${report.first_seed} to ${report.first_seed + report.seeds - 1}: ${number(report.seeds)} runs, ${number(total.crashes)} crashes, ${number(total.orders)} orders at the venue, ${number(total.fills)} fills, ${number(total.unknowns)} orders of unknown outcome (${number(total.unknowns_resolved)} resolved), **${number(total.violations)} violations**. Books that differed from the venue when the world healed: ${number(total.disturbed)}; they agreed again after ${secondsOf(total.reconcile_p50_ms)} (median) and ${secondsOf(total.reconcile_p99_ms)} (99 of 100), simulated time.`,
    '',
    'Violations / runs of each cell:',
    '',
    `| fault \\ crash | ${crashPointNames.map((name) => `\`${name}\``).join(' | ')} |`,
    `|---|${crashPointNames.map(() => '---').join('|')}|`,
    ...faultNames.map((fault) => `| \`${fault}\` | ${cellTexts(report, fault).join(' | ')} |`),
    '',
    '| fault | what happens | orders | unknown, resolved | disturbed | reconciled, median | 99 of 100 |',
    '|---|---|---|---|---|---|---|',
    ...faultNames.map((fault) => faultLine(report, fault)),
    '',
    '| house | runs | violations | orders | unknown, resolved | reconciled, 99 of 100 |',
    '|---|---|---|---|---|---|',
    ...report.houses.map(
      (row) =>
        `| \`${row.house}\` | ${number(row.runs)} | ${number(row.violations)} | ${number(row.orders)} | ${number(row.unknowns)}, ${number(row.unknowns_resolved)} | ${secondsOf(row.reconcile_p99_ms)} |`,
    ),
    '',
    '| crash point | when the process dies |',
    '|---|---|',
    ...crashPointNames.map((name) => `| \`${name}\` | ${crashPoints[name]} |`),
    '',
    '| checker | what it proves | violations |',
    '|---|---|---|',
    ...(Object.keys(checkerNames) as CheckerName[]).map(
      (name) => `| \`${name}\` | ${checkerNames[name]} | ${report.checkers[name]} |`,
    ),
  ];
}

function cellTexts(report: ChaosReport, fault: Fault): string[] {
  return crashPointNames.map((crash) => {
    const cell = report.cells.find((one) => one.fault === fault && one.crash === crash);
    if (cell === undefined) return '-';
    const text = `${cell.violations} / ${cell.runs}`;
    return cell.violations > 0 ? `**${text}**` : text;
  });
}

function faultLine(report: ChaosReport, fault: Fault): string {
  const row = report.faults.find((one) => one.fault === fault);
  if (row === undefined) return `| \`${fault}\` | ${faults[fault]} | - | - | - | - | - |`;
  const unknown = `${number(row.unknowns)}, ${number(row.unknowns_resolved)}`;
  return `| \`${fault}\` | ${faults[fault]} | ${number(row.orders)} | ${unknown} | ${number(row.disturbed)} | ${secondsOf(row.reconcile_p50_ms)} | ${secondsOf(row.reconcile_p99_ms)} |`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function secondsOf(ms: number | null): string {
  return ms === null ? '-' : `${Math.round(ms / 1_000)} s`;
}
