import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../shared/cli/src/commands.ts';
import { COMMANDS as CLASS_COMMANDS } from '../../shared/cli/src/commands/class/commands.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

const commands = [...Object.values(COMMANDS), ...Object.values(CLASS_COMMANDS)];

test.each(commands.filter(({ listed }) => listed !== false))(
  'the README lists `$usage`',
  ({ usage, summary }) => {
    expect(README).toContain(`| \`${usage.replaceAll('|', '\\|')}\` | ${summary} |`);
  },
);
