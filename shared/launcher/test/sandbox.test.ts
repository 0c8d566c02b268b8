import { createServer } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { claimPort } from '../src/ports.ts';
import { sandboxTrouble } from '../src/sandbox/available.ts';
import { Candidate } from './support/boxed.ts';

const missing = (await sandboxTrouble())?.message;

const SERVER = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  if (request.url === '/slow') return;
  if (request.url === '/up') return fetch(process.env.UPSTREAM_URL)
    .then((answer) => answer.text(), (error) => String(error.cause?.code))
    .then((body) => response.end(body));
  response.end('hello');
}).listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(7); });
process.on('SIGUSR2', () => server.close());
`;

async function serving(code: string, env = {}) {
  const claim = await claimPort();
  const candidate = new Candidate(code);
  const program = await candidate.start({ env: { PORT: String(claim.port), ...env } });
  const url = `http://127.0.0.1:${claim.port}`;
  await vi.waitFor(() => fetch(url), { timeout: 15_000, interval: 20 });
  return {
    program,
    url,
    port: claim.port,
    async [Symbol.asyncDispose]() {
      await program.kill();
      candidate[Symbol.dispose]();
      await claim[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(missing)('a program in the sandbox', () => {
  test('answers on its port', async () => {
    await using served = await serving(SERVER);
    const answers = Array.from({ length: 60 }, async () => (await fetch(served.url)).text());
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['hello']));
  });

  test('reaches the port that its environment names', async () => {
    const upstream = createServer((_, response) => response.end('from outside'));
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    const { port } = upstream.address() as { port: number };
    await using served = await serving(SERVER, { UPSTREAM_URL: `http://127.0.0.1:${port}` });
    expect(await (await fetch(`${served.url}/up`)).text()).toBe('from outside');
    upstream.close();
  });

  test('gets SIGTERM, and its exit code is its own', async () => {
    await using served = await serving(SERVER);
    expect(await served.program.stop()).toEqual({ code: 7, signal: null });
    expect(served.program.stdout.lines()).toEqual(['asked to end']);
  });

  test('that a signal ends is said to have ended by it', async () => {
    using candidate = new Candidate(
      `process.kill(process.pid, 'SIGABRT'); setTimeout(() => {}, 9e6)`,
    );
    expect(await candidate.finish()).toMatchObject({ code: null, signal: 'SIGABRT' });
  });

  test('is killed with everything that it started', async () => {
    await using served = await serving(
      `import { spawn } from 'node:child_process';
       spawn('sh', ['-c', 'sleep 1; echo still here'], { detached: true, stdio: 'inherit' });
       ${SERVER}`,
    );
    expect(await served.program.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(fetch(served.url)).rejects.toThrow('fetch failed');
    expect(served.program.stdout.lines()).toEqual([]);
  });

  test('refuses connections once it no longer listens', async () => {
    await using served = await serving(SERVER);
    served.program.signal('SIGUSR2');
    const refused = async () => {
      const error = await fetch(served.url).catch(({ cause }: { cause: unknown }) => cause);
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    };
    await vi.waitFor(refused, { timeout: 5_000, interval: 20 });
  });

  test('sees a client that hangs up', async () => {
    await using served = await serving(`
      import { createServer } from 'node:http';
      createServer((request, response) => {
        if (request.url === '/') return response.end();
        console.log('asked');
        request.on('close', () => console.log('hung up'));
      }).listen(process.env.PORT);`);
    const client = connect(served.port, '127.0.0.1');
    client.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const said = (...lines: string[]) =>
      vi.waitFor(() => expect(served.program.stdout.lines()).toEqual(lines), 5_000);
    await said('asked');
    client.destroy();
    await said('asked', 'hung up');
  });

  test('sees its own folder, and nothing else of the machine or of this process', async () => {
    process.env['GRADER_SECRET'] = 'of-the-grader';
    using candidate = new Candidate(`
      import { readdirSync, readFileSync } from 'node:fs';
      const look = (path) => { try { return readdirSync(path).length } catch (e) { return e.code } };
      const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
      const seen = processes.map((pid) => {
        try { return readFileSync('/proc/' + pid + '/environ', 'utf8') } catch { return '' } });
      console.log(JSON.stringify({
        tests: look(${JSON.stringify(import.meta.dirname)}),
        root: look('/root'), home: look('/home'), etc: look('/etc/shadow'),
        processes: processes.length < 10,
        secret: seen.concat(JSON.stringify(process.env)).join().includes('of-the-grader'),
      }));`);
    const { stdout, stderr } = await candidate.finish();
    expect(stderr).toEqual([]);
    expect(JSON.parse(stdout[0] ?? '')).toEqual({
      tests: 'ENOENT',
      root: 'ENOENT',
      home: 'ENOENT',
      etc: 'ENOENT',
      processes: true,
      secret: false,
    });
  });

  test('reaches no port that it was not told, and no network', async () => {
    const secret = createServer((_, response) => response.end('secret'));
    await once(secret.listen(0, '127.0.0.1'), 'listening');
    const { port } = secret.address() as { port: number };
    const code = `
      import { networkInterfaces } from 'node:os';
      for (const url of ['http://127.0.0.1:${port}', 'http://1.1.1.1'])
        await fetch(url).then(() => console.log('reached', url), () => {});
      console.log(Object.keys(networkInterfaces()).join());`;
    // That its own script names the port does not help.
    using candidate = new Candidate(code, `node main.mjs http://127.0.0.1:${port}`);
    expect((await candidate.finish()).stdout).toEqual(['lo']);
    secret.close();
  });

  test('writes to its own folder and to /tmp, and not to package.json', async () => {
    using candidate = new Candidate(`
      import { writeFileSync, rmSync, renameSync } from 'node:fs';
      for (const path of ['x', '/tmp/x', 'package.json', '/usr/x', '/x', '/dev/x', '/run/labs/x'])
        try { writeFileSync(path, '{}'); console.log(path) } catch {}
      for (const act of [() => rmSync('package.json'), () => renameSync('x', 'package.json')])
        try { act(); console.log('replaced') } catch {}`);
    expect((await candidate.finish()).stdout).toEqual(['x', '/tmp/x']);
  });
});

describe.skipIf(missing)('a program that harms', () => {
  test('the machine with a fork bomb runs into the limit on processes', async () => {
    using bomb = new Candidate('', 'f() { f | f & }; f; sleep 1; echo over');
    await bomb.finish({ within: 30_000 }).catch(() => {});
    using next = new Candidate('console.log(1)');
    expect((await next.finish()).stdout).toEqual(['1']);
  });

  test('the machine with memory is ended, and says why', async () => {
    using candidate = new Candidate(`
      const kept = [];
      setInterval(() => kept.push(Buffer.alloc(64 * 1024 * 1024, 1)), 20);`);
    const { signal, stderr } = await candidate.finish();
    expect(signal).toBe('SIGKILL');
    expect(stderr).toEqual(['The sandbox ended the program: it used too much memory.']);
  });

  test('the disk with its /tmp gets an error', async () => {
    using candidate = new Candidate(`
      import { writeFileSync } from 'node:fs';
      const block = Buffer.alloc(1 << 20);
      try { for (let n = 0; ; n += 1) writeFileSync('/tmp/' + n, block) }
      catch (error) { console.log(error.code) }`);
    expect((await candidate.finish()).stdout).toEqual(['ENOSPC']);
  });

  test('the disk with its own folder is ended, and says why', async () => {
    using candidate = new Candidate(`
      import { writeFileSync } from 'node:fs';
      const block = Buffer.alloc(1 << 24);
      let n = 0;
      setInterval(() => { if (n < 60) writeFileSync('x' + n++, block) }, 1);`);
    const { signal, stderr } = await candidate.finish();
    expect(signal).toBe('SIGKILL');
    expect(stderr).toEqual(['The sandbox ended the program: it wrote too much to its folder.']);
  });

  test('us with endless output is ended', async () => {
    using candidate = new Candidate('', 'yes');
    const { signal, stderr } = await candidate.finish();
    expect(signal).toBe('SIGKILL');
    expect(stderr).toEqual(['The sandbox ended the program: it printed too much.']);
  });

  test('its next start with tools of its own gets a sandbox all the same', async () => {
    using candidate = new Candidate(`
      import { mkdirSync, writeFileSync } from 'node:fs';
      mkdirSync('node_modules/.bin', { recursive: true });
      for (const name of ['bwrap', 'prlimit', 'sh'])
        writeFileSync('node_modules/.bin/' + name, '#!/bin/sh\\necho owned', { mode: 0o755 });
      console.log(process.cwd());`);
    await candidate.finish();
    expect((await candidate.finish()).stdout).toEqual([candidate.target]);
  });

  test('the sandbox by killing its own parent ends', async () => {
    using candidate = new Candidate(
      `process.kill(process.ppid, 'SIGKILL'); setInterval(() => {}, 9e6)`,
    );
    const { code, signal } = await candidate.finish({ within: 20_000 });
    expect({ code, signal }).not.toEqual({ code: 0, signal: null });
  });
});

test.skipIf(missing)("a program that cannot be started is the candidate's failure", async () => {
  using candidate = new Candidate('', 'no-such-program');
  const { code, stderr } = await candidate.finish();
  expect({ code, said: stderr.join() }).toMatchObject({ code: 127 });
});
