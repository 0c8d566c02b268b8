import { z } from 'zod';

/** How the stack found a server, in the order in which it tries the ways. */
export const provisionSchema = z.enum(['url', 'compose', 'native']);

/** A live server. Plain data: it crosses process borders as JSON. */
export const serverAddressSchema = z.object({
  /** A name of the stack's registry, e.g. `postgres`. */
  name: z.string(),
  provision: provisionSchema,
  /**
   * With the administrator's credentials: `postgres://…/postgres`, `redis://…/0`,
   * `amqp://user:password@host:port`, `kafka://user:password@host:port[,host:port]`. A broker of the
   * user's own that asks for no login is `host:port[,host:port]`.
   */
  url: z.string(),
  /** RabbitMQ only: its management API with the administrator's credentials, `http://…`. */
  management: z.string().exactOptional(),
  /** As the server reports it, e.g. `18.4`. */
  version: z.string(),
});

/** What the runner passes to each test file. */
export const runContextSchema = z.object({
  protocol: z.literal(1),
  /** Lab id, e.g. `01-query-plans`. */
  lab: z.string(),
  /** The lab's folder in the catalogue. */
  labDir: z.string(),
  /** The folder under test: the learner's copy, or a starter with an overlay. */
  target: z.string(),
  /** Row of the matrix, e.g. `starter`, `solutions/reference`, `work`. */
  row: z.string(),
  /** The servers that a test leases: those of its task. */
  leases: z.array(z.string()).readonly(),
  /** Live servers by name. */
  servers: z.record(z.string(), serverAddressSchema),
  /** The `.labs` folder. */
  stateDir: z.string(),
  /**
   * Starts the key of every template that this run makes. With an owner's tag in it (the stack's
   * `ownerTag`) they are dropped when that process ends; without one the newest few stay for the
   * next run.
   */
  templates: z.string(),
  /** Keep the database of a failed test file. */
  keepFailed: z.boolean(),
  /**
   * Programs of the target run in a sandbox, and may read these folders beside their own. They are
   * named before any of these programs has run. Left out: no sandbox.
   */
  sandbox: z.object({ readable: z.array(z.string()).readonly() }).exactOptional(),
  /**
   * The same process will judge the same folder again: it keeps a lease ready between two runs. Left out:
   * no.
   */
  ahead: z.boolean().exactOptional(),
  /** Draws the data that a ticket does not print. A verdict never depends on it. */
  seed: z.string(),
});

export type Provision = z.infer<typeof provisionSchema>;
export type ServerAddress = Readonly<z.infer<typeof serverAddressSchema>>;
export type RunContext = Readonly<z.infer<typeof runContextSchema>>;
