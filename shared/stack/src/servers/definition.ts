import type { Home, ServerPlace } from '../state.ts';
import type { ServerName } from '../types.ts';

/** Where a server can be spoken to, before anything is known about it. */
export interface Endpoint {
  readonly url: string;
  readonly management?: string;
}

/** All that the stack must know about one kind of server. */
export interface ServerDefinition {
  readonly name: ServerName;
  /** Environment variable that names a server of the user's own. */
  readonly variable: string;
  /** Example for that variable, shown when it is wrong. */
  readonly example: string;
  /**
   * Makes an endpoint of the variable's value. Throws whatever says what is malformed.
   */
  fromVariable(value: string): Endpoint;
  /** Makes an endpoint of the compose service. */
  fromCompose(service: ComposeService): Endpoint;
  /**
   * Connects as administrator and disconnects. Resolves with the version where the server tells
   * it. Throws whatever is wrong: no answer within `timeoutMs`, refused password, too old.
   */
  probe(endpoint: Endpoint, timeoutMs: number): Promise<string | undefined>;
  /**
   * For a server that answers before what it answered for is on its disk: resolves when it is.
   * Throws whatever is wrong.
   */
  flush?(endpoint: Endpoint): Promise<void>;
  readonly native: NativeServer;
}

/** A running service of the compose file, as far as an address depends on it. */
export interface ComposeService {
  /** Host port published for a container port; undefined when it is not published. */
  port(containerPort: number): number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Tag of the image, e.g. `18.4`. */
  readonly tag: string;
}

/** How a server runs without Docker. */
export interface NativeServer {
  /** How many free ports it needs; the first is the one that clients use. */
  readonly ports: number;
  /** Asks for an orderly and quick end. */
  readonly stopSignal: NodeJS.Signals;
  /** How long a start may take, in milliseconds. */
  readonly startMs: number;
  /** Matches the command lines of its processes: not of an editor open on its files. */
  readonly executables: RegExp;
  /** Wherever its data may be on this machine; its processes are found by these. */
  dataDirs(context: NativeContext): readonly string[];
  /**
   * Finds or installs the programs and decides where the data goes.
   * Throws `ServerUnavailable` with `SERVER_ABSENT` when they cannot be had here.
   */
  install(context: NativeContext): Promise<NativeInstallation>;
}

export interface NativeContext {
  readonly home: Home;
  readonly place: ServerPlace;
}

/** Programs on disk and a place for the data: ready to be started. */
export interface NativeInstallation {
  /** Server data; moved aside as a whole when a server cannot start from it. */
  readonly dataDir: string;
  /** Where the server itself does not tell it. */
  readonly version?: string;
  /** Whether `dataDir` holds data that this version can start from. */
  isPrepared(): Promise<boolean>;
  /** Fills an empty `dataDir`. */
  prepare(): Promise<void>;
  /** What to run; `ports` are free. */
  launch(ports: readonly number[]): Promise<Launch>;
}

/** A command, and how the server that it starts is reached. */
export interface Launch extends Endpoint, Command {
  /** Runs beside the server and ends with it. */
  readonly helper?: Command;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Shown as the program's name, where that must carry the marker. */
  readonly argv0?: string;
  /** Beside the few variables that are inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}
