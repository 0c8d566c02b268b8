import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { proseFiles } from './files.ts';
import { lintText, type Fault } from './lint.ts';
import { partByNotYet, readNotYet } from './not-yet.ts';

// The step `prose` of `npm test`. `--all` also prints the faults that not-yet.txt excuses.
const ROOT = resolve(import.meta.dirname, '../..');
const LIST = 'infra/prose/not-yet.txt';

const found: Fault[] = [];
for (const path of proseFiles(ROOT)) {
  found.push(...(await lintText(path, readFileSync(join(ROOT, path), 'utf8'))));
}
const { faults, excused, clean } = partByNotYet(
  found,
  readNotYet(readFileSync(join(ROOT, LIST), 'utf8')),
);
const shown = process.argv.includes('--all') ? [...faults, ...excused] : faults;
for (const { path, line, column, message } of shown) {
  console.log(`${path}:${line}:${column}  ${message}`);
}
for (const entry of clean) {
  console.log(`${LIST}: ${entry} has no fault any more. Delete its line.`);
}
process.exitCode = faults.length + clean.length > 0 ? 1 : 0;
