import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test as base, expect } from 'vitest';
import { type Tap, TcpProxy } from '../src/network/tcp-proxy.ts';
import { eventually } from '../src/wait/eventually.ts';
import { gate } from '../src/wait/gate.ts';

/** A server that answers each byte it gets with the same. */
const test = base.extend('echo', async ({ task }, { onCleanup }) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError(task.name);
  onCleanup(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: address.port, url: `tcp://user@127.0.0.1:${address.port}/path` };
});

async function dial(port: number): Promise<{ socket: Socket; read: () => string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'connect');
  return { socket, read: () => text };
}

test('passes bytes both ways, in order, and the end of each way by itself', async ({ echo }) => {
  await using proxy = await TcpProxy.to(echo.url);
  const { socket } = await dial(proxy.port);
  const bytes = Buffer.alloc(3_000_000, 'abcdefg');
  socket.end(bytes);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  await once(socket, 'close');
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
  await eventually('the proxy to let go', () => proxy.open === 0);
  expect(proxy.accepted).toBe(1);
});

test('rewrites the address of a URL and nothing else', async ({ echo }) => {
  await using proxy = await TcpProxy.to(echo.url);
  expect(proxy.rewrite(echo.url)).toBe(`tcp://user@127.0.0.1:${proxy.port}/path`);
});

test('cut resets open connections and serves new ones', async ({ echo }) => {
  await using proxy = await TcpProxy.to(echo.url);
  const { socket, read } = await dial(proxy.port);
  socket.write('one');
  await eventually('the echo', () => read() === 'one');
  const reset = once(socket, 'error');
  proxy.cut();
  expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });

  const again = await dial(proxy.port);
  again.socket.end('two');
  await eventually('the echo', () => again.read() === 'two');
});

test('stall holds one direction; the other goes on; resume moves what was held', async ({
  echo,
}) => {
  const seen = { toServer: '', toClient: '' };
  const tap = (): Tap => ({
    toServer: (chunk) => void (seen.toServer += chunk.toString()),
    toClient: (chunk) => void (seen.toClient += chunk.toString()),
  });
  await using proxy = await TcpProxy.to(echo.url, tap);
  const { socket, read } = await dial(proxy.port);
  proxy.stall('toClient');
  socket.write('held');
  await eventually('the request to reach the server', () => seen.toServer === 'held');
  expect([seen.toClient, read()]).toEqual(['', '']);
  await proxy.resume();
  await eventually('the answer', () => read() === 'held');
  socket.destroy();
});

test('refuse turns new connections away until resume; open ones go on', async ({ echo }) => {
  await using proxy = await TcpProxy.to(echo.url);
  const { socket, read } = await dial(proxy.port);
  socket.write('a');
  await eventually('the echo', () => read() === 'a');
  proxy.refuse();
  await expect(dial(proxy.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  socket.write('b');
  await eventually('the echo', () => read() === 'ab');
  await proxy.resume();
  const { socket: later } = await dial(proxy.port);
  later.destroy();
  socket.destroy();
});

test('ignore answers nobody who comes, until resume; open ones go on', async ({ echo }) => {
  await using proxy = await TcpProxy.to(echo.url);
  const first = await dial(proxy.port);
  first.socket.write('one');
  await eventually('the echo', () => first.read() === 'one');
  proxy.ignore();
  const ignored = await dial(proxy.port);
  ignored.socket.on('error', () => {});
  ignored.socket.write('hello?');
  first.socket.write('two');
  await eventually('the open one to go on', () => first.read() === 'onetwo');
  await proxy.resume();
  const third = await dial(proxy.port);
  third.socket.write('three');
  await eventually('a new one to be served', () => third.read() === 'three');
  expect(ignored.read()).toBe('');
  expect(ignored.socket.destroyed).toBe(false);
  expect(proxy.accepted).toBe(3);
  first.socket.destroy();
  third.socket.destroy();
});

test('a server that is not there shows as a reset', async ({ echo }) => {
  await using gone = await TcpProxy.to(echo.url);
  gone.refuse();
  await using proxy = await TcpProxy.open({ to: { host: '127.0.0.1', port: gone.port } });
  const { socket } = await dial(proxy.port);
  expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' });
});

test('a tap may hold a chunk at a gate', async ({ echo }) => {
  using held = gate(1, { opens: 'by hand' });
  await using proxy = await TcpProxy.to(echo.url, () => ({ toServer: () => held.arrive() }));
  const { socket, read } = await dial(proxy.port);
  socket.write('commit');
  await held.reached();
  expect(read()).toBe('');
  held.open();
  await eventually('the echo', () => read() === 'commit');
  socket.destroy();
});

test('what comes behind the last byte of a tap does not arrive', async ({ echo }) => {
  let answered = '';
  const tap = (): Tap => ({
    toServer: (chunk) => ({ last: chunk.indexOf('.') + 1 }),
    toClient: (chunk) => void (answered += chunk.toString()),
  });
  await using proxy = await TcpProxy.to(echo.url, tap);
  const { socket } = await dial(proxy.port);
  const reset = once(socket, 'error');
  socket.write('ack.publish');
  expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
  await eventually('the end of the connection', () => proxy.open === 0);
  expect(answered).toBe('ack.');
});

test('the end behind the last byte can wait until a tap has seen what the server says to it', async () => {
  const told: string[] = [];
  await using server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => {
      told.push(chunk.toString());
      socket.write('heard', () => setTimeout(() => socket.write('next'), 20));
    });
    socket.on('end', () => {
      told.push('end');
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const next = Promise.withResolvers<void>();
  const tap = (): Tap => ({
    toServer: (chunk) => ({ last: chunk.indexOf('.') + 1, until: next.promise }),
    toClient: (chunk) => {
      told.push(chunk.toString());
      if (chunk.includes('next')) next.resolve();
    },
  });
  await using proxy = await TcpProxy.open({ to: { host: '127.0.0.1', port }, tap });
  const { socket } = await dial(proxy.port);
  const reset = once(socket, 'error');
  socket.write('ack.publish');
  await reset;
  await eventually('the end of the connection', () => proxy.open === 0);
  expect(told).toEqual(['ack.', 'heard', 'next', 'end']);
});

test('what a tap cuts never arrives, and the connection is reset', async ({ echo }) => {
  let answered = '';
  const tap = (): Tap => ({
    toServer: (chunk) => (chunk.includes('COMMIT') ? 'cut' : undefined),
    toClient: (chunk) => void (answered += chunk.toString()),
  });
  await using proxy = await TcpProxy.to(echo.url, tap);
  const { socket, read } = await dial(proxy.port);
  socket.write('BEGIN');
  await eventually('the echo', () => read() === 'BEGIN');
  const reset = once(socket, 'error');
  socket.write('COMMIT');
  expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
  expect(answered).toBe('BEGIN');
});

test('what a tap throws comes out when the proxy is disposed', async ({ echo }) => {
  const proxy = await TcpProxy.to(echo.url, () => ({
    toServer: () => {
      throw new TypeError('a bug in a tap');
    },
  }));
  const { socket } = await dial(proxy.port);
  const reset = once(socket, 'error');
  socket.write('x');
  await reset;
  await expect(proxy[Symbol.asyncDispose]()).rejects.toThrow('a bug in a tap');
});
