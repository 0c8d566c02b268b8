import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GradeResult, Pack } from '@backend-labs/protocol';
import { grade } from '../../src/grade.ts';
import { digestOfFiles } from '../../src/pack/digest.ts';
import { Folder, ROOT } from './folder.ts';

const TICKET = `# Toy

## Task 1: Greet

- **1.1** \`GET /hello\` answers \`hello\`.
- **1.2** \`GET /echo/<word>\` answers the word.
`;

const manifest = (lab: string, servers: readonly string[]) => `id: ${lab}
title: Toy
level: junior
hours: '1'
summary: A service that greets.
servers: [${servers.join(', ')}]
tasks:
  - slug: greet
    title: Greet
starter:
  fails: [1]
`;

const TESTS = `import { expect, judges, test } from '@backend-labs/testkit';

test('it says hello', judges('1.1'), async ({ service }) => {
  expect((await service.get('/hello')).expect(200).text).toBe('hello');
});

test('it says the word', judges('1.2'), async ({ service, draw }) => {
  const word = draw.word();
  expect((await service.get('/echo/' + word)).expect(200).text).toBe(word);
});
`;

const SERVER = `import { createServer } from 'node:http';
import { answer } from './answer.ts';
createServer((request, response) => {
  const text = request.url === '/healthz' ? 'ok' : answer(request.url ?? '');
  response.writeHead(text === undefined ? 404 : 200).end(text);
}).listen(Number(process.env['PORT']), '127.0.0.1');
`;

/** Passes both points. */
export const GOOD = `export const answer = (url) =>
  url === '/hello' ? 'hello' : url.startsWith('/echo/') ? url.slice(6) : undefined;\n`;
/** Passes none. */
export const STARTER = 'export const answer = (): string | undefined => undefined;\n';

const MANIFEST_OF_SERVICE = { type: 'module', scripts: { start: 'node src/server.ts' } };

type Texts = Readonly<Record<string, string>>;

/** A take-home so small that grading it takes a second or two. */
export class ToyPack extends Folder {
  readonly lab: string;

  /**
   * @param lab whose packages the service gets; a lab of this repository if it needs any.
   * @param tests the text of its test file. @param more what else the pack says.
   */
  constructor(
    lab = '01-toy',
    servers: readonly string[] = [],
    tests = TESTS,
    more: Partial<Pack> = {},
  ) {
    super();
    this.lab = lab;
    const starter: Texts = {
      'README.md': TICKET,
      'package.json': JSON.stringify(MANIFEST_OF_SERVICE),
      'src/server.ts': SERVER,
      'src/answer.ts': STARTER,
    };
    const files: Record<string, string> = { 'package.json': '{"private":true}' };
    for (const [path, text] of Object.entries(starter)) {
      files[`labs/${lab}/${path}`] = text;
      files[`work/${lab}/${path}`] = text;
    }
    files[`labs/${lab}/lab.yaml`] = manifest(lab, servers);
    files[`labs/${lab}/tests/1-greet.test.ts`] = tests;
    files[`labs/${lab}/data/1-schema.sql`] = 'CREATE TABLE secret AS SELECT 42 AS answer;\n';
    const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
    const pack: Pack = {
      pack: 1,
      lab,
      title: 'Toy',
      tasks: [1],
      minutes: 60,
      ai: 'declared',
      digest: digestOfFiles(bytes),
      ...more,
    };
    writeAll(this.dir, { ...files, 'pack.json': JSON.stringify(pack) });
  }

  get stateDir(): string {
    return this.path('.labs');
  }

  /**
   * Grades a submission of some files, and leaves the result in `to`.
   *
   * @param work the candidate's files that differ from the starter's, by path in their folder.
   * @param outside files beside them.
   */
  async grade(
    work: Texts,
    to: Folder,
    outside: Texts = {},
    more: { readonly resume?: boolean } = {},
  ): Promise<GradeResult> {
    using submission = new Folder();
    writeAll(submission.dir, { ...this.#service(), ...this.#inWork(work), ...outside });
    return await this.gradeFolder(submission, to, more);
  }

  /** Grades a folder as it is. */
  async gradeFolder(
    submission: Folder,
    to: Folder,
    more: { readonly resume?: boolean; readonly commits?: number } = {},
  ): Promise<GradeResult> {
    const { stateDir } = this;
    const [source, pack] = [submission.dir, this.dir];
    return await grade({ root: ROOT, stateDir, submission: source, pack, to: to.dir, ...more });
  }

  /** Commits the pack as a candidate gets it. */
  commitStarter(submission: Folder, date: string): void {
    const { stateDir } = this;
    cpSync(this.dir, submission.dir, { recursive: true, filter: (path) => path !== stateDir });
    this.#commitAll(submission, 'Initial commit', date);
  }

  /** Commits a submission of some files. */
  commit(submission: Folder, work: Texts, subject: string, date: string): void {
    writeAll(submission.dir, { ...this.#service(), ...this.#inWork(work) });
    this.#commitAll(submission, subject, date);
  }

  #commitAll(submission: Folder, subject: string, date: string): void {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.test', ...args], {
        cwd: submission.dir,
        env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
      });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', subject);
  }

  #service(): Texts {
    const manifestText = JSON.stringify(MANIFEST_OF_SERVICE);
    return this.#inWork({ 'package.json': manifestText, 'src/server.ts': SERVER });
  }

  #inWork(files: Texts): Texts {
    const home = `work/${this.lab}/`;
    return Object.fromEntries(Object.entries(files).map(([path, text]) => [home + path, text]));
  }
}

export function writeAll(dir: string, files: Texts): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

/** `1.1 passed, 1.2 failed`. */
export function gradesOf({ tasks }: GradeResult): string {
  return tasks
    .flatMap(({ points }) => points.map(({ id, grade: got }) => `${id} ${got}`))
    .join(', ');
}
