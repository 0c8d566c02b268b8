import { existsSync, readFileSync } from 'node:fs';
import { Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { instant, line } from './folder/class-file.ts';
import type { Layout } from './folder/layout.ts';
import { writeWhole } from './folder/write.ts';
import { readYaml } from './folder/yaml.ts';
import type { Override } from './records.ts';

const overrideSchema = z.strictObject({
  points: z.number('must be a number of points.').min(0, 'must be 0 points or more.'),
  why: line,
  by: line,
  at: instant,
});

/** By assignment, then by student. */
const overridesSchema = z.record(z.string(), z.record(z.string(), overrideSchema));

export type Overrides = Readonly<Record<string, Readonly<Record<string, Override>>>>;

/** @throws ClassError `CLASS_INVALID`. */
export function readOverrides(layout: Layout): Overrides {
  return existsSync(layout.overrides) ? readYaml(layout.overrides, overridesSchema) : {};
}

/** Sets a mark by hand, or takes it back when `override` is undefined. @throws ClassError `CLASS_INVALID`. */
export function writeOverride(
  layout: Layout,
  assignment: string,
  student: string,
  override: Override | undefined,
): void {
  // What a person has broken in it is not ours to write over.
  readOverrides(layout);
  const document = existsSync(layout.overrides)
    ? parseDocument(readFileSync(layout.overrides, 'utf8'))
    : new Document({});
  if (override) document.setIn([assignment, student], document.createNode(override));
  else document.deleteIn([assignment, student]);
  writeWhole(layout.overrides, document.toString());
}
