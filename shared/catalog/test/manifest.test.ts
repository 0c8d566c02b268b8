import { describe, expect, test } from 'vitest';
import { CatalogError, findLab, misconceptionsOf, readCatalog } from '../src/index.ts';
import { stringify } from 'yaml';
import { MANIFEST, ToyCatalog } from './toy-lab.ts';

/** The one line about the only lab of a catalogue. */
function faultOf(catalog: ToyCatalog): string {
  const { labs, broken } = readCatalog(catalog.root);
  expect(labs).toEqual([]);
  return [...broken.values()].map(({ message }) => message).join('\n');
}

describe('lab.yaml', () => {
  test('a sound one is a lab, with its defaults', () => {
    using catalog = new ToyCatalog().addLab();
    const lab = findLab(readCatalog(catalog.root), 'toy');
    expect(lab).toMatchObject({ id: '90-toy', number: 90, slug: 'toy', hours: '1', try: [] });
    expect(lab.tasks).toMatchObject([
      { number: 1, slug: 'first', needs: [], servers: ['postgres'] },
      { number: 2, slug: 'second', needs: [1], servers: ['postgres'] },
    ]);
  });

  test.each([
    ['id', { id: 'toy' }, 1, 'id: must be two digits'],
    [
      'another folder’s id',
      { id: '91-toy' },
      undefined,
      'id: must be "90-toy", the name of its folder.',
    ],
    ['title', { title: '' }, 2, 'title: must not be empty.'],
    ['a title that is a number', { title: 7 }, 2, 'title: Invalid input: expected string'],
    ['level', { level: 'wizard' }, 3, 'level: Invalid option'],
    ['hours', { hours: ' ' }, 4, 'hours: must not be empty.'],
    ['summary', { summary: null }, 5, 'summary: Invalid input: expected string'],
    ['servers', { servers: ['My SQL'] }, 7, 'servers[0]: must be lower-case'],
    ['no tasks', { tasks: [] }, 8, 'tasks: needs at least one task.'],
    [
      'slug',
      { tasks: [{ slug: 'First!', title: 'x' }] },
      9,
      'tasks[0].slug: must be lower-case words',
    ],
    ['a task without a title', { tasks: [{ slug: 'first' }] }, 9, 'tasks[0].title: Invalid input'],
    [
      'needs',
      { tasks: [{ slug: 'first', title: 'x', needs: [1] }] },
      12,
      'tasks[0].needs[0]: task 1 can only need',
    ],
    [
      'servers of a task',
      { tasks: [{ slug: 'first', title: 'x', servers: ['kafka'] }] },
      12,
      'tasks[0].servers[0]: kafka must stand in',
    ],
    ['starter.fails', { starter: { fails: [] } }, 16, 'starter.fails: must list'],
    [
      'starter.fails beyond the tasks',
      { starter: { fails: [3] } },
      undefined,
      'starter.fails: there is no task 3 of 90-toy',
    ],
    [
      'starter.lessons',
      { starter: { fails: [1], lessons: ['No!'] } },
      19,
      'starter.lessons[0]: must be lower-case',
    ],
    ['try', { try: [''] }, 20, 'try[0]: must not be empty.'],
    ['a field that is not there', { colour: 'blue' }, undefined, 'Unrecognized key: "colour"'],
  ])('a wrong %s is one line with file, line and field', (_what, change, line, says) => {
    using catalog = new ToyCatalog().addLab({ ...MANIFEST, ...change });
    const fault = faultOf(catalog);
    expect(fault).toContain(says);
    expect(fault).not.toContain('\n');
    expect(fault).toMatch(/^labs\/90-toy\/lab\.yaml:/);
    expect(fault).toContain(line === undefined ? 'lab.yaml:' : `lab.yaml:${line}: `);
  });

  test('broken YAML is one line with its place', () => {
    using catalog = new ToyCatalog().addLab().write('labs/90-toy/lab.yaml', 'id: [90\ntitle: x\n');
    expect(faultOf(catalog)).toMatch(/^labs\/90-toy\/lab\.yaml:\d+: [^\n]+$/);
  });

  test('a missing manifest is said so', () => {
    using catalog = new ToyCatalog().write('labs/90-toy/README.md', '# toy');
    expect(faultOf(catalog)).toBe("labs/90-toy/lab.yaml: this file is needed and can't be read.");
  });

  test('a missing test file is named', () => {
    const tasks = [...MANIFEST.tasks, { slug: 'third', title: 'Third' }];
    using catalog = new ToyCatalog().addLab({ ...MANIFEST, tasks });
    expect(faultOf(catalog)).toBe(
      'labs/90-toy/lab.yaml: tasks[2]: its test labs/90-toy/tests/3-third.test.ts is missing.',
    );
  });

  test('one broken lab spoils no other', () => {
    using catalog = new ToyCatalog().addLab().addLab({}, '91-broken');
    const { labs, broken } = readCatalog(catalog.root);
    expect(labs.map(({ id }) => id)).toEqual(['90-toy']);
    expect([...broken.keys()]).toEqual(['91-broken']);
  });
});

describe('points', () => {
  test('are read from the ticket, each with its whole sentence', () => {
    using catalog = new ToyCatalog().addLab();
    expect(findLab(readCatalog(catalog.root), '90').tasks.map(({ points }) => points)).toEqual([
      [
        { id: '1.1', text: 'One.' },
        { id: '1.2', text: 'Two, on two lines.' },
      ],
      [{ id: '2.1', text: 'Three.' }],
    ]);
  });

  test('count up without a gap', () => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/README.md', '## Task 1: First\n\n- **1.2** Two.\n');
    expect(faultOf(catalog)).toBe('labs/90-toy/README.md: found point 1.2 where 1.1 is due.');
  });

  test('of the starter are named one by one, or by their task; 1.10 is not 1.1', () => {
    const points = Array.from({ length: 10 }, (_, at) => `- **1.${at + 1}** Point.`).join('\n');
    using catalog = new ToyCatalog()
      .addLab()
      .write(
        'labs/90-toy/README.md',
        `## Task 1: First\n\n${points}\n\n## Task 2: Second\n\n- **2.1** x\n`,
      )
      .write(
        'labs/90-toy/lab.yaml',
        stringify(MANIFEST).replace(/fails:[^]*/u, 'fails: [1.10, 1.1, 2]\n'),
      );
    const lab = findLab(readCatalog(catalog.root), '90');
    expect(lab.starter.fails).toEqual(['1.10', '1.1', '2.1']);
  });
});

describe('misconception.yaml', () => {
  const sound = 'looksRight: it works\nbreaks: [1.1]\nlesson: naive\n';

  test('a sound one names the points it breaks and its lesson', () => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/misconceptions/naive/misconception.yaml', sound);
    const lab = findLab(readCatalog(catalog.root), '90');
    expect(misconceptionsOf(lab)).toMatchObject([
      { name: 'naive', breaks: ['1.1'], over: undefined, lesson: 'naive' },
    ]);
  });

  test.each([
    [sound.replace('[1.1]', '[]'), 'breaks: must name the point that it breaks.'],
    [sound.replace('[1.1]', '[1.9]'), 'breaks: there is no point 1.9 in the ticket of 90-toy.'],
    [sound.replace('[1.1]', '[9]'), 'breaks: there is no task 9 of 90-toy.'],
    [sound.replace('[1.1]', '[first]'), 'breaks[0]: '],
    [sound.replace('looksRight: it works\n', ''), 'looksRight: Invalid input'],
    [`${sound}mayBreak: [1.1]\n`, 'mayBreak: 1.1 is in `breaks` as well.'],
    [`${sound}over: best\n`, 'over: there is no solution "best" in 90-toy.'],
  ])('a wrong one is one line', (text, says) => {
    using catalog = new ToyCatalog()
      .addLab()
      .write('labs/90-toy/misconceptions/naive/misconception.yaml', text);
    const lab = findLab(readCatalog(catalog.root), '90');
    expect(() => misconceptionsOf(lab)).toThrow(CatalogError);
    expect(() => misconceptionsOf(lab)).toThrow(says);
  });
});
