import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addAssignment, readClassFile } from '../src/folder/class-file.ts';
import { initClass } from '../src/folder/init.ts';
import { Layout } from '../src/folder/layout.ts';
import { readRoster } from '../src/folder/roster.ts';
import { readOverrides, writeOverride } from '../src/overrides.ts';
import { Folder } from './support/folder.ts';

const ROSTER = 'id,name,email\nada,Ada Lovelace,ada@example.org\nbob,Bob,\n';

describe('a roster', () => {
  test('has the students in its order, and ignores other columns', () => {
    using folder = new Folder();
    const path = folder.write(
      'roster.csv',
      '\uFEFFName, ID ,group,repository\n"Lovelace, Ada",ada,3,https://git.example.org/ada.git\nBob,b.o-b_1,,\n',
    );
    expect(readRoster(path)).toEqual([
      { id: 'ada', name: 'Lovelace, Ada', repository: 'https://git.example.org/ada.git' },
      { id: 'b.o-b_1', name: 'Bob' },
    ]);
  });

  test.each([
    [
      'no id',
      'name\nAda\n',
      'roster.csv:1: the first line has no column "id". It needs id and name.',
    ],
    ['an empty name', 'id,name\nada,\n', 'roster.csv:2: name: must not be empty.'],
    [
      'an id that leaves its folder',
      'id,name\n../ada,Ada\n',
      'roster.csv:2: id: must be 1 to 64 letters',
    ],
    ['an id that is a flag', 'id,name\n-rf,Ada\n', 'roster.csv:2: id: must be'],
    [
      'the same id twice',
      'id,name\nada,Ada\nAda,Ada\n',
      'roster.csv:3: id: Ada is on line 2 already.',
    ],
    [
      'a bad email',
      'id,name,email\nada,Ada,ada\n',
      'roster.csv:2: email: must be an email address.',
    ],
    [
      'a control character',
      'id,name\nada,A\u001b[2Jda\n',
      'roster.csv:2: name: must not have control characters.',
    ],
    [
      'a repository that is a flag',
      'id,name,repository\nada,Ada,--upload-pack=x\n',
      'roster.csv:2: repository: must be a git URL or a folder.',
    ],
    [
      'a repository that runs a program',
      'id,name,repository\nada,Ada,ext::sh -c x\n',
      'roster.csv:2: repository: must be',
    ],
    [
      'a line that is too long',
      'id,name\nada,Ada\nbob,Bob,x\n',
      'roster.csv:3: Invalid Record Length',
    ],
    ['no student', 'id,name\n', 'roster.csv:1: there is no student in it.'],
  ])('with %s is refused', (_what, text, says) => {
    using folder = new Folder();
    const path = folder.write('roster.csv', text);
    expect(() => readRoster(path)).toThrow(
      expect.objectContaining({ code: 'CLASS_INVALID', message: expect.stringContaining(says) }),
    );
  });

  test('that is missing is one line', () => {
    expect(() => readRoster('/nowhere/roster.csv')).toThrow(
      /^There is no roster .* Check the path\.$/u,
    );
  });
});

const ENTRY = `- id: toy
    title: Toy
    lab: 01-toy
    due: 2026-12-11T18:00Z
    seed: abc
`;

describe('class.yaml', () => {
  test.each([
    [
      'a due date without its zone',
      ENTRY.replace('18:00Z', '18:00'),
      'class.yaml:6: assignments[0].due: must be a time with its zone',
    ],
    [
      'a day that there is not',
      ENTRY.replace('12-11', '13-41'),
      'class.yaml:6: assignments[0].due: must be',
    ],
    [
      'an id that leaves its folder',
      ENTRY.replace('id: toy', 'id: ../toy'),
      'class.yaml:3: assignments[0].id: must be',
    ],
    [
      'a share above 1',
      `${ENTRY}    late: { hours: 1, perDay: 10 }\n`,
      'class.yaml:8: assignments[0].late.perDay: must be a share from 0 to 1',
    ],
    [
      'an unknown field',
      `${ENTRY}    points: 3\n`,
      'class.yaml:3: assignments[0]: Unrecognized key: "points"',
    ],
    [
      'the same id twice',
      `${ENTRY}  ${ENTRY.replace('id: toy', 'id: Toy')}`,
      'class.yaml:8: assignments[1].id: Toy is there twice.',
    ],
    ['broken YAML', `${ENTRY}  - [\n`, 'class.yaml:'],
  ])('with %s is refused: file, line, field', (_what, entries, says) => {
    using folder = new Folder();
    folder.write('class.yaml', `title: Course\nassignments:\n  ${entries}`);
    expect(() => readClassFile(new Layout(folder.dir))).toThrow(
      expect.objectContaining({ code: 'CLASS_INVALID', message: expect.stringContaining(says) }),
    );
  });

  test('keeps what a person wrote in it when an assignment is added', () => {
    using folder = new Folder();
    folder.write('class.yaml', `# our course\ntitle: Course # autumn\nassignments:\n  ${ENTRY}`);
    const layout = new Layout(folder.dir);
    const [first] = readClassFile(layout).assignments;
    if (!first) throw new TypeError('the assignment is not there');
    addAssignment(layout, { ...first, id: 'toy-2' });
    expect(readClassFile(layout).assignments.map(({ id }) => id)).toEqual(['toy', 'toy-2']);
    expect(readFileSync(layout.file, 'utf8')).toMatch(/^# our course\ntitle: Course # autumn\n/u);
  });

  test('gives due dates in UTC', () => {
    using folder = new Folder();
    folder.write(
      'class.yaml',
      `title: C\nassignments:\n  ${ENTRY.replace('18:00Z', '19:30+01:00')}`,
    );
    expect(readClassFile(new Layout(folder.dir)).assignments[0]?.due).toBe(
      '2026-12-11T18:30:00.000Z',
    );
  });

  test('is missing from a folder that is not a class', () => {
    using folder = new Folder();
    expect(() => readClassFile(new Layout(folder.dir))).toThrow(
      expect.objectContaining({ code: 'NO_CLASS' }),
    );
  });
});

describe('a new class', () => {
  test('is made once', () => {
    using folder = new Folder();
    const roster = folder.write('r.csv', ROSTER);
    const options = { dir: folder.path('course'), roster, title: 'Backend' };
    expect(initClass(options)).toHaveLength(2);
    expect(() => initClass(options)).toThrow(expect.objectContaining({ code: 'CLASS_EXISTS' }));
  });

  test('is not begun with a wrong roster or pattern', () => {
    using folder = new Folder();
    const dir = folder.path('course');
    const bad = folder.write('bad.csv', 'id\nada\n');
    const good = folder.write('r.csv', ROSTER);
    expect(() => initClass({ dir, roster: bad, title: 'B' })).toThrow(/no column "name"/u);
    expect(() =>
      initClass({ dir, roster: good, title: 'B', repositories: 'https://git.example.org/all.git' }),
    ).toThrow('repositories: must contain {student}.');
    expect(() => readClassFile(new Layout(dir))).toThrow(
      expect.objectContaining({ code: 'NO_CLASS' }),
    );
  });
});

describe('overrides.yaml', () => {
  const override = { points: 12, why: 'power cut', by: 'grace', at: '2026-12-12T00:00:00.000Z' };

  test('keeps the comments of a person', () => {
    using folder = new Folder();
    folder.write(
      'overrides.yaml',
      '# talked to them\ntoy:\n  ada:\n    points: 3\n    why: late train\n    by: g\n    at: 2026-12-12T00:00Z\n',
    );
    const layout = new Layout(folder.dir);
    writeOverride(layout, 'toy', 'bob', override);
    expect(readOverrides(layout)['toy']).toMatchObject({ ada: { points: 3 }, bob: override });
    writeOverride(layout, 'toy', 'bob', undefined);
    expect(Object.keys(readOverrides(layout)['toy'] ?? {})).toEqual(['ada']);
    expect(readFileSync(layout.overrides, 'utf8')).toMatch(/^# talked to them\n/u);
  });

  test('with a mistake is named and not written over', () => {
    using folder = new Folder();
    const path = folder.write('overrides.yaml', 'toy:\n  ada:\n    points: many\n');
    const layout = new Layout(folder.dir);
    expect(() => writeOverride(layout, 'toy', 'bob', override)).toThrow(
      'overrides.yaml:3: toy.ada.points: must be a number of points.',
    );
    expect(readFileSync(path, 'utf8')).toContain('many');
  });
});
