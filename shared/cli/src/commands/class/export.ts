import { join, resolve } from 'node:path';
import { EXPORT_FORMATS, readClass, writeExport } from '@backend-labs/class';
import { classDir, only } from '../../class/arguments.ts';
import type { Run } from '../../command.ts';
import { shownPath } from '../../context.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { clean } from '../../ui/untrusted.ts';

export const run: Run = async (args, context) => {
  const format = args.text('format');
  const exporter = format === undefined ? undefined : EXPORT_FORMATS[format];
  if (format === undefined || !exporter) {
    const known = Object.keys(EXPORT_FORMATS).join(', ');
    const what = format === undefined ? 'Which format?' : `There is no format "${format}".`;
    throw new UsageError(`${what} Use --format with one of ${known}.`);
  }
  const dir = classDir(args, context);
  const to = resolve(context.cwd, args.text('to') ?? join(dir, 'exports', format));
  const classroom = args.text('classroom');
  const records = await readClass(dir, only(args));
  const exported = exporter(records, { ...(classroom !== undefined && { classroom }) });
  writeExport(to, exported);
  const { files, left } = exported;
  if (args.on('json')) {
    const paths = files.map(({ path }) => path);
    console.log(JSON.stringify({ to, files: paths, left }, undefined, 2));
    return EXIT.green;
  }
  for (const { assignment, student, why } of left) {
    console.log(clean(`  ${assignment}  ${student}: left out, ${why}`));
  }
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  console.log(clean(`${count} in ${shownPath(to, context)}`));
  return EXIT.green;
};
