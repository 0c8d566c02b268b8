import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../src/commands.ts';

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

test.each(Object.values(COMMANDS).filter(({ listed }) => listed !== false))(
  'the README lists `$usage`',
  ({ usage, summary }) => {
    expect(README).toContain(`| \`${usage.replaceAll('|', '\\|')}\` | ${summary} |`);
  },
);
