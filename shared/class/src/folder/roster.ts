import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { ClassError } from '../errors.ts';
import type { Student } from '../records.ts';
import { id, line, repository } from './class-file.ts';
import { invalid } from './yaml.ts';

const studentSchema = z.object({
  id,
  name: line,
  email: z.email('must be an email address.').exactOptional(),
  repository: repository.exactOptional(),
});

/** A row, with the line that it ends on. */
interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Reads a roster: CSV with a header. The columns `id` and `name` are needed; `email` and `repository`
 * may be there; others are ignored.
 *
 * @throws ClassError `CLASS_INVALID` with `file:line: field: what is wrong`.
 */
export function readRoster(path: string): Student[] {
  const students: Student[] = [];
  const seen = new Map<string, number>();
  for (const { record, info } of rowsOf(path)) {
    const filled = Object.entries(record).filter(([, value]) => value !== '');
    const read = studentSchema.safeParse({ id: '', name: '', ...Object.fromEntries(filled) });
    const [issue] = read.error?.issues ?? [];
    if (issue) throw invalid(path, info.lines, `${issue.path.join('.')}: ${issue.message}`);
    const student = read.data as Student;
    const key = student.id.toLowerCase();
    const before = seen.get(key);
    if (before !== undefined) {
      throw invalid(path, info.lines, `id: ${student.id} is on line ${before} already.`);
    }
    seen.set(key, info.lines);
    students.push(student);
  }
  if (students.length === 0) throw invalid(path, 1, 'there is no student in it.');
  return students;
}

function rowsOf(path: string): Row[] {
  try {
    return parse(readText(path), {
      bom: true,
      columns: (header: string[]) => columnsOf(path, header),
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const reason = error.message.split(/ (?:at|on) line /u)[0] ?? error.message;
    throw invalid(path, Number(error['lines']) || 1, `${reason}.`);
  }
}

function columnsOf(path: string, header: readonly string[]): string[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = ['id', 'name'].find((name) => !names.includes(name));
  if (missing === undefined) return names;
  throw invalid(path, 1, `the first line has no column "${missing}". It needs id and name.`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new ClassError('NO_CLASS', `There is no roster ${path}. Check the path.`, { cause });
  }
}
