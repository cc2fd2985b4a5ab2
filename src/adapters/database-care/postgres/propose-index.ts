// Reads slow statements of ours for a column that is looked for and leads no index. It proposes; it never builds.

/** A statement that is this slow on the average and came this often is worth an index. */
const slowMeanMs = 20;
const leastCalls = 20;

interface Statement {
  readonly query: string;
  readonly calls: number;
  readonly mean_ms: number;
}

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  /** True when it is the first column of a valid index. */
  readonly leads: boolean;
}

export interface IndexProposal {
  readonly name: string;
  readonly table: string;
  readonly column: string;
}

/** The first worthwhile one; undefined when every column looked for is indexed. */
export function proposeIndex(
  statements: readonly Statement[],
  columns: readonly Column[],
): IndexProposal | undefined {
  for (const { query, calls, mean_ms } of statements) {
    if (mean_ms < slowMeanMs || calls < leastCalls) continue;
    const table = /\bfrom\s+(?:"?[a-z_]\w*"?\.)?"?([a-z_]\w*)"?/i.exec(query)?.[1];
    const column = /\bwhere\s+(?:"?\w+"?\.)?"?([a-z_]\w*)"?\s*(?:=|<|>|<=|>=)\s*\$\d/i.exec(query)?.[1];
    const known = columns.find((one) => one.table_name === table && one.column_name === column);
    if (known === undefined || known.leads) continue;
    const plain = /^[a-z_][a-z0-9_]{0,24}$/;
    if (!plain.test(known.table_name) || !plain.test(known.column_name)) continue;
    const name = `ato_heal_${known.table_name}_${known.column_name}`;
    return { name, table: known.table_name, column: known.column_name };
  }
  return undefined;
}
