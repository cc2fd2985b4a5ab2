// Retention of the journal: old blocks are folded into the base state and deleted, in small transactions.
// What remains can always be replayed from the base; nothing younger than the retention is ever removed.
import { type AnyPut, collectionLoading, collectionNames } from '../../../shared/bus/collections.ts';
import { putsOfJournalLine } from '../../../shared/bus/journal-line.ts';
import type { JournalTip } from '../../../shared/db/journal-chain.ts';
import { compareKeys, isRestored } from '../../../shared/db/row-rules.ts';
import { type SqlDriver, type SqlStatement, textArray } from '../../../shared/db/sql-driver.ts';
import { dayMs } from '../../../shared/domain/time.ts';
import type { LoadedState } from '../../../shared/ports/store.ts';
import { type JournalBlock, unpackEntries } from './journal-codec.ts';
import { assertFollows, journalBaseTip, readBlocks } from './journal-queries.ts';
import { loadedState } from './row-queries.ts';
import { storedKey } from './stored-text.ts';

/** One call never folds more pages than this; the next call goes on. */
const maxPagesPerRun = 200;
const rowsPerStatement = 1_000;

/**
 * Removes what is older than `keepDays` before `lastAt`, the time of the newest entry. Cuts just before a start
 * of the kernel, where a replay can begin. Only when that would leave more than twice the retention does it cut
 * between; the entries up to the next start can then be checked by hash but not replayed.
 * Returns the number of entries removed.
 */
export async function pruneJournal(driver: SqlDriver, keepDays: number, lastAt: number): Promise<number> {
  if (keepDays <= 0) return 0;
  const begin = await journalBaseTip(driver);
  const target = await cutSequence(driver, lastAt - keepDays * dayMs, lastAt - 2 * keepDays * dayMs);
  let base = begin;
  for (let page = 0; page < maxPagesPerRun && base.sequence < target; page++) {
    const blocks = await readBlocks(driver, base.sequence, target);
    if (blocks.length === 0) break;
    base = await foldPage(driver, blocks, base);
  }
  return base.sequence - begin.sequence;
}

async function cutSequence(driver: SqlDriver, oldestKept: number, oldestAllowed: number): Promise<number> {
  const at = 'to_timestamp($1::double precision / 1000)';
  const [expired] = await driver.query({
    text: `select coalesce(max(sequence_to), 0)::text as last from journal where at_last < ${at}`,
    values: [oldestKept],
  });
  const lastExpired = Number(expired?.last ?? 0);
  const [start] = await driver.query({
    text: 'select coalesce(max(sequence_from), 0)::text as first from journal where starts and sequence_from <= $1',
    values: [lastExpired + 1],
  });
  const beforeStart = Number(start?.first ?? 0) - 1;
  const [left] = await driver.query({
    text: `select count(*)::text as blocks from journal where at_last < ${at} and sequence_to > $2`,
    values: [oldestAllowed, Math.max(0, beforeStart)],
  });
  return Number(left?.blocks ?? 0) > 0 ? lastExpired : Math.max(0, beforeStart);
}

async function foldPage(
  driver: SqlDriver,
  blocks: readonly JournalBlock[],
  base: JournalTip,
): Promise<JournalTip> {
  const changes = new Map<string, AnyPut>();
  let tip = base;
  let lastAt = 0;
  for (const block of blocks) {
    assertFollows(block, tip);
    const entries = await unpackEntries(block);
    for (const entry of entries) {
      lastAt = entry.at;
      for (const put of putsOfJournalLine(entry.line)) changes.set(`${put.collection}/${put.key}`, put);
    }
    tip = { sequence: block.sequenceTo, hash: block.hash };
  }
  await driver.transaction([
    ...baseStatements([...changes.values()]),
    { text: 'delete from journal where sequence_to <= $1', values: [tip.sequence] },
    {
      text: 'update store_state set base_sequence = $1, base_hash = $2, base_last_at = $3 where base_sequence = $4',
      values: [tip.sequence, tip.hash, lastAt, base.sequence],
    },
  ]);
  return tip;
}

function baseStatements(puts: readonly AnyPut[]): SqlStatement[] {
  const statements: SqlStatement[] = [];
  for (let index = 0; index < puts.length; index += rowsPerStatement) {
    const slice = puts.slice(index, index + rowsPerStatement);
    const gone = slice.filter((put) => put.value === null || !isRestored(put.collection, put.value));
    const kept = slice.filter((put) => put.value !== null && isRestored(put.collection, put.value));
    statements.push({
      text: `delete from journal_base using unnest($1::text::text[], $2::text::text[]) as gone (collection, key)
        where journal_base.collection = gone.collection and journal_base.key = gone.key`,
      values: [
        textArray(gone.map((put) => put.collection)),
        textArray(gone.map((put) => storedKey(put.key).key)),
      ],
    });
    statements.push({
      text: `insert into journal_base (collection, key, exact_key, data)
        select * from unnest($1::text::text[], $2::text::text[], $3::text::text[], $4::text::text[])
        on conflict (collection, key) do update set data = excluded.data`,
      values: [
        textArray(kept.map((put) => put.collection)),
        textArray(kept.map((put) => storedKey(put.key).key)),
        textArray(kept.map((put) => storedKey(put.key).exactKey)),
        textArray(kept.map((put) => JSON.stringify(put.value))),
      ],
    });
  }
  return statements;
}

/**
 * The state just before the first start in the retained journal, where a replay can begin: an empty world until
 * something was pruned. After a cut between two starts, the entries up to the next one are checked by hash and
 * their rows folded in; when there is no later start, this is the state at the end of the journal.
 */
export async function readJournalBase(driver: SqlDriver): Promise<LoadedState> {
  const [state = [], rows = [], starts = []] = await driver.snapshot([
    {
      text: 'select base_sequence::text as sequence, base_hash as hash, base_last_at::text as last_at, sequence::text as tip from store_state',
    },
    { text: 'select collection, key, exact_key, data as text from journal_base' },
    { text: 'select min(sequence_from)::text as first from journal where starts' },
  ]);
  const byCollection = collectionNames
    .filter((name) => collectionLoading[name] !== 'none')
    .map((name) => rows.filter((row) => row.collection === name));
  const base = loadedState([state, [], ...byCollection]);
  const firstStart = starts[0]?.first ?? null;
  const target = firstStart === null ? Number(state[0]?.tip) : Number(firstStart) - 1;
  return base.sequence === 0 ? base : foldForward(driver, base, target);
}

async function foldForward(driver: SqlDriver, base: LoadedState, target: number): Promise<LoadedState> {
  const rows = Object.fromEntries(
    collectionNames.map((name) => [name, new Map<string, unknown>(base.rows[name])]),
  );
  let { sequence, hash, lastAt } = base;
  while (sequence < target) {
    const blocks = await readBlocks(driver, sequence, target);
    if (blocks.length === 0) break;
    for (const block of blocks) {
      assertFollows(block, { sequence, hash });
      for (const entry of await unpackEntries(block)) {
        lastAt = entry.at;
        for (const put of putsOfJournalLine(entry.line)) {
          if (put.value !== null && isRestored(put.collection, put.value))
            rows[put.collection]?.set(put.key, put.value);
          else rows[put.collection]?.delete(put.key);
        }
      }
      sequence = block.sequenceTo;
      hash = block.hash;
    }
  }
  const sorted = Object.entries(rows).map(([name, map]) => [
    name,
    new Map([...map].sort(([left], [right]) => compareKeys(left, right))),
  ]);
  return { ...base, sequence, hash, lastAt, rows: Object.fromEntries(sorted) as LoadedState['rows'] };
}
