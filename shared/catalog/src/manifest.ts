import { z } from 'zod';

const slug = z
  .string()
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lower-case words joined by hyphens, e.g. "measure-first".',
  );
const line = z.string().trim().min(1, 'must not be empty.');
const taskNumbers = z.array(z.int().min(1));

/** The name of a server. Which there are, the stack's registry knows. */
const server = slug;

export const taskSchema = z.strictObject({
  slug,
  title: line,
  /** Tasks that must pass before this one can be judged. */
  needs: taskNumbers.default([]),
  /** When it needs fewer servers than the lab. */
  servers: z.array(server).optional(),
  /**
   * Of a lab whose parts have nothing to do with each other, be it several programs or several routes,
   * which one: a misconception is judged by the tasks of the parts that it says something about.
   */
  part: line.optional(),
});

/** `lab.yaml`. */
export const manifestSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^\d{2}-[a-z0-9-]+$/, 'must be two digits and a slug, e.g. "01-query-plans".'),
    title: line,
    level: z.enum(['junior', 'junior-mid', 'mid', 'mid-senior', 'senior']),
    /** Estimated hours, as shown: "3-4". */
    hours: z.coerce.string().pipe(line),
    summary: line,
    servers: z.array(server),
    /** Commands to try the server with; `$URL` stands for where it is served. */
    try: z.array(line).default([]),
    tasks: z.array(taskSchema).min(1, 'needs at least one task.'),
    starter: z.strictObject({
      /** Every task that the starter does not pass; waiting ones count. */
      fails: taskNumbers.min(
        1,
        'must list what the starter fails; a lab with nothing to do is none.',
      ),
      /** Lessons that the starter's own mistakes may bring up. */
      lessons: z.array(slug).default([]),
    }),
  })
  .superRefine((lab, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const last = lab.tasks.length;
    lab.tasks.forEach((task, index) => {
      task.needs.forEach((need, at) => {
        if (need > index)
          complain(
            ['tasks', index, 'needs', at],
            `task ${index + 1} can only need an earlier task.`,
          );
      });
      task.servers?.forEach((name, at) => {
        if (!lab.servers.includes(name)) {
          complain(['tasks', index, 'servers', at], `${name} must stand in the lab's servers too.`);
        }
      });
    });
    lab.starter.fails.forEach((task, at) => {
      if (task > last)
        complain(['starter', 'fails', at], `there is no task ${task}; the last is ${last}.`);
    });
  });

/** `misconceptions/<slug>/misconception.yaml`. */
export const misconceptionSchema = z.strictObject({
  /** Why a capable colleague would write this. */
  looksRight: line,
  /** The solution that it is laid over, when it differs from that in one place; else the starter. */
  over: slug.optional(),
  /** Tasks that must fail, each with the lesson in its text. */
  killedBy: taskNumbers.min(1, 'must name the task that catches it.'),
  /** Tasks that must pass: what "looks right" means. */
  stillPasses: taskNumbers.default([]),
  lesson: slug,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type MisconceptionManifest = z.infer<typeof misconceptionSchema>;
