import { describe, expect, test } from 'vitest';
import { lintText, type Fault } from '../prose/lint.ts';
import { partByNotYet, readNotYet } from '../prose/not-yet.ts';
import { PHRASES, type Place } from '../prose/phrases.ts';
import { phrasesIn } from '../prose/plain-english.ts';

const DEFAULT: Place = 'paragraph';

describe('a phrase', () => {
  const examples = PHRASES.map(({ id, only: [place = DEFAULT] = [], ...phrase }) => ({
    id,
    place,
    ...phrase,
  }));
  const found = (text: string, id: string, place: Place) =>
    phrasesIn(text, place).some(({ phrase }) => phrase.id === id);

  test.each(examples)('$id is found, and only where it is', ({ id, place, fires, passes }) => {
    expect(fires.filter((text) => !found(text, id, place))).toEqual([]);
    expect(passes.filter((text) => found(text, id, place))).toEqual([]);
  });

  test('is named by one id, and says what to use', () => {
    expect(new Set(PHRASES.map(({ id }) => id)).size).toBe(PHRASES.length);
    expect(PHRASES.filter(({ instead }) => instead === '')).toEqual([]);
  });

  test('of requirements is looked for in points and titles alone', () => {
    expect(phrasesIn('It answers at once.', 'point')).toHaveLength(1);
    expect(phrasesIn('It answers at once.', 'paragraph')).toEqual([]);
  });
});

describe('a linted file', () => {
  const places = async (path: string, ...lines: string[]) =>
    (await lintText(path, lines.join('\n'))).map(({ line, column }) => `${line}:${column}`);

  test('names the line, the column, the words and what to use', async () => {
    expect(await lintText('x.md', 'It is made\nanew.\n')).toEqual([
      { path: 'x.md', line: 2, column: 1, message: '"anew" (anew). Use "again".' },
    ]);
  });

  test('of Markdown is read across line breaks, and its code is not read', async () => {
    expect(await places('x.md', 'A timeout is', '**no** confirm.')).toEqual(['1:11']);
    expect(await places('x.md', 'Run `labs anew`.', '', '```', 'anew', '```')).toEqual([]);
    expect(await places('x.md', '| a | b |', '|---|---|', '| anew | b |')).toEqual(['3:3']);
  });

  test('of Markdown knows its points', async () => {
    expect(await places('x.md', '- **2.1** It answers at once.')).toEqual(['1:22']);
    expect(await places('x.md', '- **now** It answers at once.')).toEqual([]);
  });

  test('of TypeScript has its messages read, around what they insert', async () => {
    expect(await places('x.ts', 'throw new Error(`The ${kind} is made anew.`);')).toEqual(['1:38']);
    expect(await places('x.ts', "lesson('x', { meaning: 'A time-out is no confirm.' });")).toEqual([
      '1:36',
    ]);
    expect(await places('x.ts', "say('It is made ' +", "  'anew by the client.');")).toEqual([
      '2:4',
    ]);
    expect(await places('x.ts', 'say(`${late ? `It is made anew.` : ""} It ends.`);')).toEqual([
      '1:27',
    ]);
  });

  test('of TypeScript has the titles of its tests read', async () => {
    expect(await places('x.ts', "test('what is late', () => {});")).toEqual(['1:7']);
    expect(await places('x.ts', "test.each([1])('what is %s late', () => {});")).toEqual(['1:17']);
    expect(await places('x.ts', "expect(rows, 'what is left of it').toEqual([]);")).toEqual([]);
  });

  test('of TypeScript has its comments read, and not its code, keys or SQL', async () => {
    expect(
      await places('x.ts', '/**', ' * Made', ' * anew.', ' */', '', '// And', '// anew.'),
    ).toEqual(['3:4', '7:4']);
    expect(await places('x.ts', '/** @param anew The rows. */', "import 'anew is here';")).toEqual(
      [],
    );
    expect(await places('x.ts', "get('anew'); sql('select anew from the orders');")).toEqual([]);
    expect(await places('x.ts', 'say(`Run \\`labs anew\\` again now.`);')).toEqual([]);
  });

  test('of YAML has its texts read, and not its keys', async () => {
    expect(await places('x.yaml', 'anew:', '  title: Made anew', '  slug: anew')).toEqual(['2:15']);
    expect(await places('x.yaml', 'why: >-', '  It is', '  made anew.')).toEqual(['3:8']);
  });
});

describe('the list of files that are not rewritten yet', () => {
  const fault = (path: string): Fault => ({ path, line: 1, column: 1, message: 'x' });

  test('is a path a line, with comments', () => {
    expect(readNotYet('# why\nlabs/a/README.md\n\nlabs/b # later\n')).toEqual([
      'labs/a/README.md',
      'labs/b',
    ]);
  });

  test('excuses the files that it names and the files under the folders that it names', () => {
    const faults = ['labs/a/README.md', 'labs/b/tests/1.ts', 'labs/bc/README.md'].map(fault);
    const parted = partByNotYet(faults, ['labs/a/README.md', 'labs/b']);
    expect(parted.excused).toEqual(faults.slice(0, 2));
    expect(parted.faults).toEqual(faults.slice(2));
  });

  test('can only shrink: an entry without a fault is a failure', () => {
    expect(partByNotYet([fault('labs/a/README.md')], ['labs/a', 'labs/b']).clean).toEqual([
      'labs/b',
    ]);
  });
});
