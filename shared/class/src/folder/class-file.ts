import { existsSync, readFileSync } from 'node:fs';
import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { ClassError } from '../errors.ts';
import type { Assignment } from '../records.ts';
import { ID, type Layout } from './layout.ts';
import { writeWhole } from './write.ts';
import { readYaml } from './yaml.ts';

/** An assignment as `class.yaml` has it. */
export interface FiledAssignment extends Assignment {
  /** Draws the data of the tests. Students must not know it. */
  readonly seed: string;
}

export interface ClassFile {
  readonly title: string;
  /** Where the repositories are; a repository in the roster comes first. */
  readonly repositories?: string;
  readonly assignments: readonly FiledAssignment[];
}

// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/u;

export const line = z
  .string()
  .trim()
  .min(1, 'must not be empty.')
  .refine((text) => !CONTROLS.test(text), 'must not have control characters.');

export const id = z
  .string()
  .regex(
    ID,
    'must be 1 to 64 letters, digits, ".", "_" and "-", and begin with a letter or digit.',
  );

/** ISO 8601 with its zone. Gives UTC. */
export const instant = z
  .string()
  .refine(
    (text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/u.test(text) &&
      !Number.isNaN(Date.parse(text)),
    'must be a time with its zone, such as 2026-12-11T18:00Z or 2026-12-11T19:00+01:00.',
  )
  .transform((text) => new Date(text).toISOString());

export const lateSchema = z.strictObject({
  hours: z
    .number('must be a number of hours.')
    .min(0, 'must be 0 hours or more.')
    .max(10_000, 'must be at most 10000 hours.'),
  perDay: z
    .number('must be a share from 0 to 1, such as 0.1.')
    .min(0, 'must be a share from 0 to 1, such as 0.1.')
    .max(1, 'must be a share from 0 to 1, such as 0.1.'),
});

const ON_TIME = { hours: 0, perDay: 0 };

/** A git URL or a folder, which may hold `{assignment}` and `{student}`. */
export const repository = line.refine(
  (text) => !text.startsWith('-') && !/^[a-z+]+::/u.test(text),
  'must be a git URL or a folder.',
);

const assignmentSchema = z.strictObject({
  id,
  title: line,
  lab: z.string().regex(/^\d{2}-[a-z0-9-]+$/u, 'must be the id of a lab, such as 01-query-plans.'),
  due: instant,
  late: lateSchema.default(ON_TIME),
  seed: line,
});

const classSchema = z
  .strictObject({
    title: line,
    repositories: repository
      .refine((text) => text.includes('{student}'), 'must contain {student}.')
      .exactOptional(),
    assignments: z.array(assignmentSchema).default([]),
  })
  .superRefine(({ assignments }, context) => {
    const seen = new Set<string>();
    for (const [at, assignment] of assignments.entries()) {
      const key = assignment.id.toLowerCase();
      if (seen.has(key)) {
        const message = `${assignment.id} is there twice.`;
        context.addIssue({ code: 'custom', path: ['assignments', at, 'id'], message });
      }
      seen.add(key);
    }
  });

/** @throws ClassError `BAD_VALUE`. */
export function newAssignment(content: FiledAssignment): FiledAssignment {
  return checked(assignmentSchema, content);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ClassError('BAD_VALUE', `${issue?.path.join('.')}: ${issue?.message}`);
}

/** The text of a new `class.yaml`. @throws ClassError `BAD_VALUE`. */
export function newClassFile(content: Omit<ClassFile, 'assignments'>): string {
  return stringify(checked(classSchema, { ...content, assignments: [] }));
}

/** @throws ClassError `NO_CLASS`, `CLASS_INVALID`. */
export function readClassFile(layout: Layout): ClassFile {
  if (existsSync(layout.file)) return readYaml(layout.file, classSchema);
  const message = `${layout.dir} is not a class: it has no class.yaml. Make one with \`labs class init\`.`;
  throw new ClassError('NO_CLASS', message);
}

/** Adds an assignment and leaves everything else of the file as a person wrote it. */
export function addAssignment(layout: Layout, added: FiledAssignment): void {
  const document = parseDocument(readFileSync(layout.file, 'utf8'));
  const before = document.get('assignments', true) as { items?: unknown[] } | undefined;
  if (before?.items === undefined || before.items.length === 0) {
    document.set('assignments', document.createNode([added]));
  } else document.addIn(['assignments'], document.createNode(added));
  writeWhole(layout.file, document.toString());
}
