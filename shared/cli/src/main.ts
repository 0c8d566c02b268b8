import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse, refuseSwallowed } from './command.ts';
import { COMMANDS, forCandidates } from './commands.ts';
import { contextFrom, shownPath } from './context.ts';
import { EXIT, told, UsageError } from './errors.ts';
import { helpFor, overview } from './help.ts';
import { survivePipes } from './pipes.ts';
import { isTakeHome } from './take-home.ts';
import { closestMatch } from 'leven';

survivePipes();
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const context = contextFrom(process.env);
  const [name, ...rest] = argv;
  const commands = isTakeHome(context.root) ? forCandidates(COMMANDS) : COMMANDS;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      process.stdout.write(overview(commands));
      return EXIT.green;
    }
    const info = commands[name];
    if (!info) throw unknownCommand(name, commands);
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(helpFor(info));
      return EXIT.green;
    }
    refuseSwallowed(info, rest, context.env);
    const args = parse(name, info, rest);
    const { run } = await info.load();
    return await run(args, context);
  } catch (error) {
    return printError(error, context);
  }
}

function unknownCommand(name: string, commands: typeof COMMANDS): UsageError {
  const guess = closestMatch(name, Object.keys(commands), { maxDistance: 3 });
  const hint = guess ? `Did you mean "${guess}"?` : '`labs --help` lists the commands.';
  return new UsageError(`There is no command "${name}". ${hint}`);
}

function printError(error: unknown, context: ReturnType<typeof contextFrom>): number {
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
