import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { type Command, parseCommand } from '../process/command.ts';

const MISSING = 'The folder under test has no package.json.';
const RESTORE = 'Bring it back: copy it from the lab, or run `npm run labs -- reset <lab>`.';

/**
 * The `scripts` of the package.json in the folder under test.
 * Throws `TARGET_MISSING` when there is no such file, `NO_SCRIPT` when it cannot be read as JSON.
 */
export async function packageScripts(target: string): Promise<Readonly<Record<string, string>>> {
  const file = join(target, 'package.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ServiceError('TARGET_MISSING', `${MISSING} ${RESTORE}`, {
      cause,
    });
  }
  try {
    const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
    return scripts;
  } catch (cause) {
    throw new ServiceError('NO_SCRIPT', `package.json is not JSON: ${String(cause)}.`, { cause });
  }
}

/** The script as a command. Throws `NO_SCRIPT` when package.json does not have it. */
export async function scriptCommand(target: string, script: string): Promise<Command> {
  const text = (await packageScripts(target))[script];
  if (text !== undefined && text.trim() !== '') return parseCommand(text);
  throw new ServiceError('NO_SCRIPT', `package.json has no script "${script}".`);
}
