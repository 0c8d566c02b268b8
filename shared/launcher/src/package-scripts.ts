import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, parseCommand } from './command.ts';
import { LauncherError, ServiceError } from './errors.ts';

const MISSING = 'The folder under test has no package.json.';
const RESTORE = 'Bring it back: copy it from the lab, or run `npm run labs -- reset <lab>`.';

/** Name → command line. */
export type Scripts = Readonly<Record<string, string>>;

/**
 * The `scripts` of the package.json in a folder, without blank ones.
 *
 * @throws ServiceError `TARGET_MISSING` when there is no package.json, `NO_SCRIPT` when it is not JSON.
 * @throws LauncherError `FOLDER_MISSING` when there is no such folder.
 */
export async function packageScripts(target: string): Promise<Scripts> {
  const manifest = await readManifest(target);
  const scripts = Object.entries(manifest.scripts ?? {});
  return Object.fromEntries(
    scripts.filter(([, script]) => typeof script === 'string' && script.trim() !== ''),
  );
}

/**
 * The same, with a script for each of `names`.
 *
 * @throws ServiceError `NO_SCRIPT`, which names the first missing script and lists those that exist.
 */
export async function requireScripts(target: string, names: readonly string[]): Promise<Scripts> {
  const scripts = await packageScripts(target);
  const missing = names.find((name) => scripts[name] === undefined);
  if (missing === undefined) return scripts;
  const has = Object.keys(scripts).join(', ') || 'none';
  throw new ServiceError('NO_SCRIPT', `package.json has no script "${missing}". It has ${has}.`);
}

/** The script as a command. Throws as `requireScripts` does. */
export async function scriptCommand(
  target: string,
  name: string,
  args?: readonly string[],
): Promise<Command> {
  const scripts = await requireScripts(target, [name]);
  return parseCommand(scripts[name] ?? '', args);
}

async function readManifest(target: string): Promise<{ scripts?: Scripts }> {
  const text = await readFile(join(target, 'package.json'), 'utf8').catch(
    (cause: unknown) => cause,
  );
  if (typeof text !== 'string') throw await unreadable(target, text);
  try {
    return (JSON.parse(text) as { scripts?: Scripts } | null) ?? {};
  } catch (cause) {
    throw new ServiceError('NO_SCRIPT', `package.json is not JSON: ${String(cause)}.`, { cause });
  }
}

async function unreadable(target: string, cause: unknown): Promise<Error> {
  const there = await stat(target).catch(() => undefined);
  if (!there?.isDirectory()) {
    const fix = 'Make a copy: `npm run labs -- start <lab>`';
    return new LauncherError('FOLDER_MISSING', `There is no folder ${target}.`, fix, { cause });
  }
  return new ServiceError('TARGET_MISSING', `${MISSING} ${RESTORE}`, { cause });
}
