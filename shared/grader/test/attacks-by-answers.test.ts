import { sandboxTrouble } from '@backend-labs/launcher';
import { afterAll, describe, expect, test } from 'vitest';
import { Folder } from './support/folder.ts';
import { GOOD, gradesOf, ToyPack } from './support/toy.ts';

const missing = (await sandboxTrouble())?.message;
const pack = new ToyPack();
afterAll(() => pack[Symbol.dispose]());
const NONE = '1.1 failed, 1.2 failed';
const ALL = '1.1 passed, 1.2 passed';

describe.skipIf(missing)('no point is gained by', () => {
  /** A service that is ready, and whose other answers are `answer`'s doing. */
  const service = (answer: string) => ({
    'src/server.ts': `import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok');
  ${answer}
}).listen(Number(process.env['PORT']), '127.0.0.1');`,
  });

  test.for([
    [
      'a body without an end',
      `const block = 'x'.repeat(1024 * 1024);
       response.writeHead(200);
       const more = () => { while (response.write(block)); response.once('drain', more); };
       more();`,
    ],
    [
      'a body that drips without an end',
      `response.writeHead(200); setInterval(() => response.write('hello'), 100);`,
    ],
    [
      'a small body that unpacks to 4 GB',
      `const bomb = gzipSync(Buffer.alloc(1024 * 1024 * 1024), { level: 9 });
       response.writeHead(200, { 'content-encoding': 'gzip' });
       for (let n = 0; n < 4; n += 1) response.write(bomb);
       response.end();`,
    ],
    [
      'headers without an end',
      `const { socket } = response;
       socket.write('HTTP/1.1 200 OK\\r\\n');
       const header = 'x-more: ' + 'x'.repeat(8000) + '\\r\\n';
       const more = () => { while (socket.write(header)); socket.once('drain', more); };
       more();`,
    ],
  ] as const)('%s, and the next submission is graded right', async ([, answer]) => {
    using to = new Folder();
    expect(gradesOf(await pack.grade(service(answer), to))).toBe(NONE);
    expect(gradesOf(await pack.grade({ 'src/answer.ts': GOOD }, to))).toBe(ALL);
  });
});
