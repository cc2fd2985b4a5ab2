// One row of numbers per subject: apart from each other, kept over growth, and the same after a round trip.
import { expect, test } from 'vitest';
import { column, columns, neverLooked, SubjectTable, usualCoupling } from './subject-table.ts';

test('a subject nobody has looked at is usual, and what is learnt of one says nothing of the next', () => {
  const table = new SubjectTable();
  const [first, second] = [table.add(), table.add()];
  table.couple(first, 2, -2);
  table.setAdvice(second, 0.5);
  expect(table.rowOf(first)[column.directionProducts]).toBe(-4);
  expect(table.rowOf(second)[column.directionProducts]).toBe(0);
  expect([table.get(first, column.advice), table.get(second, column.advice)]).toEqual([0, 0.5]);
  expect(table.get(second, column.lookBar)).toBe(neverLooked);
  expect(table.get(second, column.coupling)).toBe(usualCoupling);
});

test('growing keeps every row', () => {
  const table = new SubjectTable();
  for (let subject = 0; subject < 100; subject += 1) table.setAdvice(table.add(), subject);
  expect(table.size).toBe(100);
  for (let subject = 0; subject < 100; subject += 1) expect(table.get(subject, column.advice)).toBe(subject);
});

test('a row survives JSON, and one of another layout is refused', () => {
  const [table, copy] = [new SubjectTable(), new SubjectTable()];
  table.couple(table.add(), 0, -3);
  copy.load(copy.add(), JSON.parse(JSON.stringify(table.rowOf(0))));
  expect(copy.rowOf(0)).toEqual(table.rowOf(0));
  expect(() => copy.load(0, new Array(columns - 1).fill(0))).toThrow(RangeError);
});
