import type { ClassRecord } from '../records.ts';

/** What an export writes, below the folder that the person names. */
export interface ExportFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A record that a format has no file for, and why. */
export interface NotExported {
  readonly student: string;
  readonly assignment: string;
  readonly why: string;
}

export interface Exported {
  readonly files: readonly ExportFile[];
  readonly left: readonly NotExported[];
}

/** What a format needs beside the records. */
export interface ExportOptions {
  /** Short name of the classroom in Classroom 50. */
  readonly classroom?: string;
}

export type Exporter = (records: readonly ClassRecord[], options: ExportOptions) => Exported;

/**
 * One file for each record that `render` has a text for.
 *
 * @param name of the file, below `<assignment>/<student>/`.
 * @param render the file's text, or why there is none.
 */
export function oneFileEach(
  records: readonly ClassRecord[],
  name: string,
  render: (record: ClassRecord) => { readonly text: string } | { readonly why: string },
): Exported {
  const files: ExportFile[] = [];
  const left: NotExported[] = [];
  for (const record of records) {
    const [assignment, student] = [record.assignment.id, record.student.id];
    const rendered = render(record);
    if ('text' in rendered) files.push({ path: `${assignment}/${student}/${name}`, ...rendered });
    else left.push({ assignment, student, ...rendered });
  }
  return { files, left };
}

export function json(value: unknown): { text: string } {
  return { text: `${JSON.stringify(value, undefined, 2)}\n` };
}
