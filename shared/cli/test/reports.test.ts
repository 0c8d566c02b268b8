import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { unrun } from '@backend-labs/runner';
import { expect, onTestFinished, test } from 'vitest';
import { Reports } from '../src/reports.ts';

const lab = findLab(readCatalog(join(import.meta.dirname, '../../..')), '2');
const all = lab.tasks.flatMap(({ points }) => points).length;

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'labs-reports-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function errors(folder: string): number {
  const xml = readFileSync(join(folder, 'junit.xml'), 'utf8');
  return Number(/errors="(\d+)"/u.exec(xml)?.[1]);
}

test('a run that is cut off before its first verdict leaves a report that is not green', () => {
  const folder = temporary();
  writeFileSync(join(folder, 'junit.xml'), '<testsuites><testsuite errors="0"/></testsuites>');
  const reports = new Reports(folder, lab, lab.tasks);
  expect(errors(folder)).toBe(all);
  expect(readdirSync(folder).toSorted()).toEqual(['ctrf.json', 'junit.xml']);
  expect(reports).toBeDefined();
});

test('the reports have each task when it has been judged', () => {
  const folder = temporary();
  const reports = new Reports(folder, lab, lab.tasks);
  const [first] = lab.tasks;
  if (!first) throw new TypeError('the lab has no task');
  const verdict = unrun(first, 'waiting', { waitsFor: 2 });
  const points = verdict.points.map((point) => ({ ...point, status: 'passed' as const }));
  reports.add({ ...verdict, status: 'passed', points });
  expect(errors(folder)).toBe(all - first.points.length);
  const { results } = JSON.parse(readFileSync(join(folder, 'ctrf.json'), 'utf8'));
  expect(results.summary).toMatchObject({ passed: first.points.length, tests: all });
});
