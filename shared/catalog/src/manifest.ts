import { z } from 'zod';

const slug = z
  .string()
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lower-case words joined by hyphens, e.g. "measure-first".',
  );
const line = z.string().trim().min(1, 'must not be empty.');
const taskNumbers = z.array(z.int().min(1));

/** Points by their names, `2.3`; a task's number stands for all of its points. */
const points = z.array(
  z.union([
    z.int().min(1),
    z.string().regex(/^\d+\.\d+$/u, 'must be a point, e.g. 2.3, or the number of a task.'),
  ]),
);

/** The name of a server. Which there are, the stack's registry knows. */
const server = slug;

export const taskSchema = z.strictObject({
  slug,
  title: line,
  /** Tasks that must pass before this one can be judged. */
  needs: taskNumbers.default([]),
  /** When it needs fewer servers than the lab. */
  servers: z.array(server).optional(),
  /** Not needed to pass the lab. */
  stretch: z.boolean().default(false),
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
      /** Every point that the starter does not pass; waiting ones count. */
      fails: points.min(1, 'must list what the starter fails; a lab with nothing to do is none.'),
      /** Lessons that the starter's own mistakes may bring up. */
      lessons: z.array(slug).default([]),
    }),
  })
  .superRefine((lab, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
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
    if (lab.tasks.every(({ stretch }) => stretch)) {
      complain(['tasks'], 'at least one task must be core: without `stretch: true`.');
    }
  });

/** `misconceptions/<slug>/misconception.yaml`. */
export const misconceptionSchema = z.strictObject({
  /** Why a capable colleague would write this. */
  looksRight: line,
  /** The solution that its patch changes; the starter when left out. */
  over: slug.optional(),
  /** The points that it breaks: few, or it proves little. */
  breaks: points.min(1, 'must name the point that it breaks.'),
  /** Points that it breaks or keeps by chance, such as a crash that may come too late to lose anything. */
  mayBreak: points.default([]),
  lesson: slug,
});

/** `designs/<slug>/design.yaml`: a right design that no test may refuse. */
export const designSchema = z.strictObject({
  /** Which design it is, and what a test could hold against it. */
  why: line,
  over: slug.optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
