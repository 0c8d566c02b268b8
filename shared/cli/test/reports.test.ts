import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, readCatalog } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';
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

/** The verdict on the first task. */
function passed(): TaskVerdict {
  const [first] = lab.tasks;
  if (!first) throw new TypeError('the lab has no task');
  const verdict = unrun(first, 'waiting', { waitsFor: 2 });
  const points = verdict.points.map((point) => ({ ...point, status: 'passed' as const }));
  return { ...verdict, status: 'passed', points };
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
  const first = passed();
  reports.add(first);
  expect(errors(folder)).toBe(all - first.points.length);
  const { results } = JSON.parse(readFileSync(join(folder, 'ctrf.json'), 'utf8'));
  expect(results.summary).toMatchObject({ passed: first.points.length, tests: all });
});

test.runIf(existsSync('/dev/full'))('a disk that fills up leaves the last whole reports', () => {
  const folder = temporary();
  const reports = new Reports(folder, lab, lab.tasks);
  const before = ['junit.xml', 'ctrf.json'].map((name) => readFileSync(join(folder, name), 'utf8'));
  // What is written there meets a full disk.
  symlinkSync('/dev/full', join(folder, 'junit.xml.tmp'));
  expect(() => reports.add(passed())).toThrow('ENOSPC');
  const after = ['junit.xml', 'ctrf.json'].map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(after).toEqual(before);
});
