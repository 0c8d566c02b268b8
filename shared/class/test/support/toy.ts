import { cpSync } from 'node:fs';
import { digestOfFiles } from '@backend-labs/grader';
import type { Pack } from '@backend-labs/protocol';
import { addAssignment } from '../../src/folder/class-file.ts';
import { initClass } from '../../src/folder/init.ts';
import { Layout } from '../../src/folder/layout.ts';
import type { LatePolicy } from '../../src/records.ts';
import { Folder } from './folder.ts';

export const TOY = '01-toy';

const FILES = {
  'README.md': `# Toy

## Task 1: Greet

- **1.1** \`GET /hello\` answers \`hello\`.
- **1.2** \`GET /echo/<word>\` answers the word.
`,
  'lab.yaml': `id: ${TOY}
title: Toy
level: junior
hours: '1'
summary: A service that greets.
servers: []
tasks:
  - slug: greet
    title: Greet
starter:
  fails: [1]
`,
  'package.json': JSON.stringify({ type: 'module', scripts: { start: 'node src/server.ts' } }),
  'src/server.ts': `import { createServer } from 'node:http';
import { answer } from './answer.ts';
createServer((request, response) => {
  const text = request.url === '/healthz' ? 'ok' : answer(request.url ?? '');
  response.writeHead(text === undefined ? 404 : 200).end(text);
}).listen(Number(process.env['PORT']), '127.0.0.1');
`,
  'src/answer.ts': 'export const answer = (url) => undefined;\n',
  'tests/1-greet.test.ts': `import { expect, judges, test } from '@backend-labs/testkit';

test('it says hello', judges('1.1'), async ({ service }) => {
  expect((await service.get('/hello')).expect(200).text).toBe('hello');
});

test('it says the word', judges('1.2'), async ({ service, draw }) => {
  const word = draw.word();
  expect((await service.get('/echo/' + word)).expect(200).text).toBe(word);
});
`,
};

/** By the points that they pass. */
export const ANSWERS = {
  0: FILES['src/answer.ts'],
  1: `export const answer = (url) => (url === '/hello' ? 'hello' : undefined);\n`,
  2: `export const answer = (url) =>
  url === '/hello' ? 'hello' : url.startsWith('/echo/') ? url.slice(6) : undefined;\n`,
} as const;

export type Points = keyof typeof ANSWERS;

/** A pack without the tool chain: packing and copying that takes seconds. */
function packFiles(): Map<string, Buffer> {
  const files = new Map([['package.json', Buffer.from('{"private":true}')]]);
  for (const [path, text] of Object.entries(FILES)) {
    const isWork = !/^(?:lab\.yaml|tests\/)/u.test(path);
    files.set(`labs/${TOY}/${path}`, Buffer.from(text));
    if (isWork) files.set(`work/${TOY}/${path}`, Buffer.from(text));
  }
  const digest = digestOfFiles(files);
  const pack: Pack = { pack: 1, lab: TOY, title: 'Toy', tasks: [1], ai: 'declared', digest };
  return files.set('pack.json', Buffer.from(JSON.stringify(pack)));
}

/** A class with one assignment so small that grading it takes a second or two. */
export class ToyClass extends Folder {
  readonly course = this.path('course');

  /** Their repositories are the folders `repos/<student>`. */
  static of(
    students: readonly string[],
    due = '2126-12-01T18:00:00Z',
    late: LatePolicy = { hours: 0, perDay: 0 },
  ): ToyClass {
    const toy = new ToyClass();
    const rows = students.map((id) => `${id},Student ${id}\n`).join('');
    const roster = toy.write('roster.csv', `id,name\n${rows}`);
    initClass({ dir: toy.course, roster, title: 'Toys', repositories: '../repos/{student}' });
    for (const [path, bytes] of packFiles())
      toy.write(`course/packs/${TOY}/${path}`, String(bytes));
    const entry = { id: TOY, title: 'Toy', lab: TOY, due, late, seed: 'abc' };
    addAssignment(new Layout(toy.course), entry);
    return toy;
  }

  /** The student's folder: the pack with an answer in it. A comment makes it theirs alone. */
  handIn(student: string, points: Points): void {
    const repository = this.path('repos', student);
    cpSync(this.path('course/packs', TOY, 'work'), `${repository}/work`, { recursive: true });
    this.write(`repos/${student}/work/${TOY}/src/answer.ts`, `// ${student}\n${ANSWERS[points]}`);
  }
}
