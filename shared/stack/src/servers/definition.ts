import type { ServerFiles, StackContext } from '../state.ts';
import type { ServerAddress, ServerName } from '../types.ts';
import type { Leases } from './leases.ts';

/** Where a server can be reached, before anything is known about it. */
export interface Endpoint {
  readonly url: string;
  /** Of a server that is administered at an address of its own. */
  readonly management?: string;
}

/** All that the stack must know about one kind of server. */
export interface ServerDefinition {
  readonly name: ServerName;
  /** Environment variable that names a server of the user's own. */
  readonly variable: string;
  /** Example for that variable, shown when it is wrong. */
  readonly example: string;
  /** Reads the variable's value; the URL of the result has a port. Throws what is malformed. */
  fromVariable(value: string): Endpoint;
  /**
   * Looks for a server of the user's own that needs no variable to be found; for kinds that people
   * have anyway. Undefined if none answers.
   */
  find?(): Promise<Endpoint | undefined>;
  /** Reads the compose service. Without it, this kind is not in docker-compose.yml. */
  fromCompose?(service: ComposeService): Endpoint;
  /**
   * Connects as administrator and disconnects. Resolves with the version if the server reports it.
   * Throws what is wrong: no answer within `timeoutMs`, refused password, too old.
   */
  check(endpoint: Endpoint, timeoutMs: number): Promise<string | undefined>;
  /**
   * Whether a server of ours that is recorded at this address asks for a login. An earlier version of
   * this repository may have started one that does not. Left out where all have one, or need none.
   */
  asksForLogin?(endpoint: Endpoint): boolean;
  /**
   * Resolves when everything that the server has acknowledged is on its disk; for servers that
   * acknowledge earlier. Throws what is wrong.
   */
  flush?(endpoint: Endpoint): Promise<void>;
  /** Puts a live server in order before anybody leases from it. Throws `ServerUnavailable`. */
  opened?(context: StackContext, address: ServerAddress): Promise<void>;
  /** Prepares to lease from a live server. Loads the client library. */
  leases(address: ServerAddress): Promise<Leases>;
  readonly native: NativeServer;
}

/** A running service of the compose file, as far as an address depends on it. */
export interface ComposeService {
  /** Host port published for a container port; undefined if it is not published. */
  port(containerPort: number): number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Tag of the image, e.g. `18.4`. */
  readonly tag: string;
}

/** How a server runs without Docker. */
export interface NativeServer {
  /** How many free ports it needs; the first is the one that clients use. */
  readonly ports: number;
  /** Puts away what would outlive the server, or hold up its end. */
  beforeStop?(endpoint: Endpoint): Promise<void>;
  /** Asks for an orderly and quick end. */
  readonly stopSignal: NodeJS.Signals;
  /** How long a start may take, in milliseconds. */
  readonly startMs: number;
  /**
   * Matches the programs of its processes (a path, which may have any character in it), and not an
   * editor that has its files open.
   */
  readonly executables: RegExp;
  /**
   * Matches what the server writes when it cannot use its data any more. Only then it starts with new
   * data. Left out by a server that begins empty at each start.
   */
  readonly damaged?: RegExp;
  /** Every folder where its data may be on this machine. Its processes are found by these. */
  dataDirs(context: StackContext, files: ServerFiles): readonly string[];
  /**
   * Finds or installs the programs and decides where the data goes.
   * Throws `ServerUnavailable` with `SERVER_ABSENT` if this machine cannot have them.
   */
  install(context: StackContext, files: ServerFiles): Promise<NativeInstallation>;
}

/** Programs on disk and a folder for the data: ready to be started. */
export interface NativeInstallation {
  /** Server data. The whole folder is moved aside when the server cannot use it. */
  readonly dataDir: string;
  /** For a server that does not report its version. */
  readonly version?: string;
  /** Whether `dataDir` holds data that this version can start from. */
  isPrepared(): Promise<boolean>;
  /** Fills an empty `dataDir`. */
  prepare(): Promise<void>;
  /** What to run; `ports` are free. */
  launch(ports: readonly number[]): Promise<Launch>;
}

/** A command, and the address of the server that it starts. */
export interface Launch extends Endpoint, Command {
  /** Runs beside the server and ends with it. */
  readonly helper?: Command;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Shown as the program's name. It must contain `dataDir` if the arguments do not. */
  readonly argv0?: string;
  /** Beside the few variables that are inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}
