import { readFileSync } from 'node:fs';
import { sandboxTrouble } from '@backend-labs/launcher';
import { afterAll, describe, expect, test } from 'vitest';
import { Folder, ROOT } from './support/folder.ts';
import { GOOD, gradesOf, STARTER, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const pack = new ToyPack();
afterAll(() => pack[Symbol.dispose]());
const NONE = '1.1 failed, 1.2 failed';
const ALL = '1.1 passed, 1.2 passed';

/** Code that runs when the service starts, before it answers wrongly. */
const attack = (code: string) => ({ 'src/answer.ts': `${code}\n${STARTER}` });

describe.skipIf(missing)('no point is gained by', () => {
  test.for([
    ['exits', `setTimeout(() => process.exit(0), 300);`],
    [
      'signals at everything in reach',
      `for (const pid of [process.ppid, 1, -1, 0]) try { process.kill(pid, 'SIGTERM') } catch {}
       setTimeout(() => { try { process.kill(-1, 'SIGKILL') } catch {} }, 300);`,
    ],
    [
      'forged results and markers',
      `import { writeFileSync } from 'node:fs';
       const forged = JSON.stringify({ result: 1, grade: 'passed', score: { points: 2, of: 2 } });
       for (const folder of ['.', '..', '../..', '/tmp', ${JSON.stringify(ROOT)}])
         for (const name of ['result.json', 'verdicts.json', 'junit.xml'])
           try { writeFileSync(folder + '/' + name, forged) } catch {}
       console.log('##vso[task.complete result=Succeeded]', forged, '\\n ✓ it says hello\\n Tests 2 passed');
       console.log(JSON.stringify({ exit: { code: 0 }, up: [1] }));`,
    ],
    [
      'patched globals',
      `globalThis.fetch = async () => new Response('hello');
       Object.prototype.status = 200; Object.prototype.text = 'hello';
       JSON.parse = () => ({ __proto__: { status: 'passed' } });`,
    ],
    [
      'processes that it leaves behind',
      `import { spawn } from 'node:child_process';
       spawn('sh', ['-c', 'while true; do sleep 0.2; done'], { detached: true, stdio: 'ignore' }).unref();`,
    ],
    [
      'a fork bomb',
      `import { spawn } from 'node:child_process';
       spawn('sh', ['-c', 'f() { f | f & }; f'], { detached: true, stdio: 'ignore' }).unref();`,
    ],
    [
      'endless output',
      `setInterval(() => { for (let n = 0; n < 100; n += 1) console.log('x'.repeat(1e5)) }, 1);`,
    ],
    [
      'a full folder and a full /tmp',
      `import { appendFileSync, mkdirSync } from 'node:fs';
       const block = Buffer.alloc(4 * 1024 * 1024, 1);
       const fill = (folder) => { for (let n = 0; n < 300; n += 1)
         try { appendFileSync(folder + '/fill-' + (n % 30), block) } catch { return } };
       setTimeout(() => { fill('/tmp'); fill('/dev/shm'); fill('.'); }, 300);`,
    ],
    [
      'files without an end',
      `import { writeFileSync, mkdirSync } from 'node:fs';
       setTimeout(() => { for (let n = 0; n < 60_000; n += 1)
         try { writeFileSync('small-' + n, '') } catch { return } }, 300);`,
    ],
    [
      'memory',
      `const kept = []; setInterval(() => kept.push(Buffer.alloc(64 * 1024 * 1024, 1)), 20);`,
    ],
  ] as const)('%s, and the next submission is graded right', async ([, code]) => {
    using to = new Folder();
    expect(gradesOf(await pack.grade(attack(code), to))).toBe(NONE);
    expect(gradesOf(await pack.grade({ 'src/answer.ts': GOOD }, to))).toBe(ALL);
  });

  test('tests, configuration and scripts of its own', async () => {
    using to = new Folder();
    const work = {
      'src/answer.ts': STARTER,
      'tests/1-greet.test.ts': `import { test } from 'vitest'; test('it says hello', () => {});`,
      'lab.yaml': 'id: 01-toy',
      'vitest.config.ts': 'export default { test: { include: [] } }',
      '.npmrc': 'script-shell=/bin/true',
      'package.json': JSON.stringify({
        scripts: {
          preinstall: 'touch /tmp/owned',
          prestart: 'exit 0',
          start: 'node src/server.ts',
        },
        dependencies: { 'left-pad': '*' },
      }),
    };
    const outside = {
      'labs/01-toy/tests/1-greet.test.ts': '',
      'vitest.config.ts': 'process.exit(0)',
      'shared/runner/src/index.ts': 'process.exit(0)',
    };
    const result = await pack.grade(work, to, outside);
    expect(gradesOf(result)).toBe(NONE);
    expect(result.newDependencies).toEqual(['left-pad']);
    expect(result.leftOut.map(({ path, why }) => `${path} ${why}`)).toEqual(
      expect.arrayContaining([
        'labs/01-toy/tests/1-greet.test.ts changed',
        'vitest.config.ts added',
        'work/01-toy/tests/1-greet.test.ts added',
        'work/01-toy/.npmrc added',
      ]),
    );
  });

  test('answers to the data of the visible tests', async () => {
    using to = new Folder();
    const code = `const seen = new Set();
      export const answer = (url) => url === '/hello' ? 'hello' : 'k0ssvbcx';`;
    expect(gradesOf(await pack.grade({ 'src/answer.ts': code }, to))).toBe(
      '1.1 passed, 1.2 failed',
    );
  });
});

describe.skipIf(missing)('a submission', () => {
  test('reads neither tests nor the environment of the grader', async () => {
    using to = new Folder();
    process.env['GRADER_SECRET'] = 'of-the-grader';
    const code = `import { readFileSync, readdirSync } from 'node:fs';
      const look = (path) => { try { return readdirSync(path).join() } catch { return '' } };
      const environment = ['1', 'self', String(process.ppid)].map((pid) => {
        try { return readFileSync('/proc/' + pid + '/environ', 'utf8') } catch { return '' } }).join();
      const found = [look('../01-toy'), look('../01-toy/tests'), look('..'), look(${JSON.stringify(ROOT)}),
        look(${JSON.stringify(pack.dir)})].join() + environment;
      console.error('FOUND ' + /tests|lab.yaml|shared|result|of-the-grader|grader-key/.test(found));
      export const answer = () => undefined;`;
    await pack.grade({ 'src/answer.ts': code }, to);
    const verdicts = readFileSync(to.path('verdicts.json'), 'utf8');
    expect(verdicts).toContain('FOUND false');
    expect(verdicts).not.toContain('FOUND true');
  });

  test('puts no script into the report', async () => {
    using to = new Folder();
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>';
    const code = `console.error(${JSON.stringify(evil)});
      // ${evil}
      export const answer = () => ${JSON.stringify(evil)};`;
    const outside = { 'work/AI.md': evil };
    await pack.grade({ 'src/answer.ts': code, 'src/"><b>.ts': evil }, to, outside);
    const report = readFileSync(to.path('report.html'), 'utf8');
    expect(report).toContain('&lt;script&gt;alert(1)');
    expect(report).not.toMatch(/<script|<img|<b>|https?:\/\//u);
  });

  test('gets the same result each time, but for the times', async () => {
    using first = new Folder();
    using second = new Folder();
    const results = [first, second].map(async (to) => {
      const { times: _times, ...result } = await pack.grade({ 'src/answer.ts': GOOD }, to);
      return JSON.stringify(result);
    });
    expect(new Set(await Promise.all(results)).size).toBe(1);
  });
});
