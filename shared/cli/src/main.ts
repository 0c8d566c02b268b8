import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Commands, parse, refuseSwallowed } from './command.ts';
import { COMMANDS, forCandidates } from './commands.ts';
import { type Context, contextFrom, shownPath } from './context.ts';
import { EXIT, told, UsageError } from './errors.ts';
import { groupHelp, helpFor, overview } from './help.ts';
import { survivePipes } from './pipes.ts';
import { isTakeHome } from './take-home.ts';
import { closestMatch } from 'leven';

survivePipes();
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const context = contextFrom(process.env);
  const commands = isTakeHome(context.root) ? forCandidates(COMMANDS) : COMMANDS;
  try {
    if (isHelp(argv[0])) {
      process.stdout.write(overview(commands));
      return EXIT.green;
    }
    return await call(commands, [], argv, context);
  } catch (error) {
    return printError(error, context);
  }
}

/** @param path the words before, such as `class`. */
async function call(
  commands: Commands,
  path: readonly string[],
  [word = '', ...rest]: readonly string[],
  context: Context,
): Promise<number> {
  const info = commands[word];
  if (!info) throw unknownCommand(word, commands, path);
  const words = [...path, word];
  if ('group' in info) {
    const { COMMANDS: own } = await info.group();
    if (!isHelp(rest[0])) return await call(own, words, rest, context);
    process.stdout.write(groupHelp(info, own));
    return EXIT.green;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpFor(info));
    return EXIT.green;
  }
  refuseSwallowed(info, rest, context.env);
  const args = parse(words.join(' '), info, rest);
  const { run } = await info.load();
  return await run(args, context);
}

function isHelp(word: string | undefined): boolean {
  return word === undefined || ['help', '--help', '-h'].includes(word);
}

function unknownCommand(name: string, commands: Commands, path: readonly string[]): UsageError {
  const guess = closestMatch(name, Object.keys(commands), { maxDistance: 3 });
  const whole = ['labs', ...path].join(' ');
  const hint = guess ? `Did you mean "${guess}"?` : `\`${whole} --help\` lists the commands.`;
  return new UsageError(`There is no command "${[...path, name].join(' ')}". ${hint}`);
}

function printError(error: unknown, context: Context): number {
  const { line, exit, unexpected } = told(error);
  process.stderr.write(`labs: ${line}\n`);
  if (!unexpected) return exit;
  const log = join(context.stateDir, 'crash.log');
  const stack = error instanceof Error ? error.stack : String(error);
  try {
    mkdirSync(context.stateDir, { recursive: true });
    appendFileSync(
      log,
      `${new Date().toISOString()} ${process.argv.slice(2).join(' ')}\n${stack}\n\n`,
    );
    process.stderr.write(
      `This is a bug in labs. Please report it with ${shownPath(log, context)}.\n`,
    );
  } catch {
    process.stderr.write(`This is a bug in labs. Please report it:\n${stack}\n`);
  }
  return exit;
}
