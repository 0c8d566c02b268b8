import type { CommandGroup, CommandInfo, Commands } from './command.ts';

/** The text of `labs --help`. */
export function overview(commands: Commands): string {
  return [
    'Backend Labs: small services with a story and failing tests, against real servers.',
    '',
    'Usage: npm run labs -- <command>   (or `pnpm labs <command>`)',
    '',
    ...rows(commands),
    '',
    'A lab is named by number, slug or both: 1, query-plans, 01-query-plans.',
    '`labs <command> --help` shows its flags. Exit codes: 0 green, 1 red, 2 usage, 3 a server or the machine.',
    '',
  ].join('\n');
}

/** The text of `labs class --help`. */
export function groupHelp({ usage, summary }: CommandGroup, commands: Commands): string {
  const hint = `\`labs ${usage} --help\` shows its flags.`;
  return [`labs ${usage}`, '', summary, '', ...rows(commands), '', hint, ''].join('\n');
}

function rows(commands: Commands): string[] {
  const listed = Object.values(commands).filter((command) => command.listed !== false);
  const width = Math.max(...listed.map(({ usage }) => usage.length));
  return listed.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
}

/** The text of `labs <command> --help`. */
export function helpFor({ usage, summary, flags, example }: CommandInfo): string {
  const lines = Object.entries(flags).map(([flag, { value, help }]) => ({
    flag: `--${flag}${value ? ` ${value}` : ''}`,
    help,
  }));
  const width = Math.max(0, ...lines.map(({ flag }) => flag.length));
  return [
    `labs ${usage}`,
    '',
    summary,
    '',
    ...lines.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`),
    ...(lines.length > 0 ? [''] : []),
    `Example: ${example}`,
    '',
  ].join('\n');
}
