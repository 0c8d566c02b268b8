// @ts-check
// Runs inside the sandbox, as the parent of the program. The program can kill it: that ends the
// sandbox. It is plain JavaScript because stripping types would take longer than all of its work.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often it looks for a port that the program will serve, and reports what the program uses, in ms. */
const LOOK_MS = 10;
const REPORT_MS = 250;
const DISK_MS = 1_000;
/** More files than these are not counted. */
const MOST_FILES = 50_000;
/** Connections that wait for the next client of a port. */
const SPARE = 16;
const PAGE_BYTES = 4096;

const control = new Socket({ fd: 3, readable: true, writable: true });
control.on('error', () => process.exit(1));
control.on('close', () => process.exit(1));
const orders = createInterface({ input: control })[Symbol.asyncIterator]();
/** @typedef {{ file: string, args: string[], env: NodeJS.ProcessEnv }} Command */
/** @type {Command & { sockets: string, serves: number[], reaches: number[] }} */
const config = JSON.parse((await orders.next()).value);

/** @param {unknown} message */
const tell = (message) => void control.write(`${JSON.stringify(message)}\n`);

await Promise.all(config.reaches.map(reach));
for (const port of config.serves) {
  for (let spare = 0; spare < SPARE; spare += 1) offer(port);
}
void start();

async function start() {
  // Before any of the program's code runs: what fails up to here is not its fault.
  tell({ ready: true });
  const { file, args, env } = config;
  const child = spawn(file, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', ({ message }) => tell({ refused: message }));
  child.once('exit', (code, signal) => tell({ exit: { code, signal } }));
  for (const port of config.serves) look(port);
  setInterval(() => tell({ use: { bytes: memory() } }), REPORT_MS);
  void reportDisk();
  for await (const line of orders) child.kill(JSON.parse(line).signal);
}

/**
 * What the program connects to: a port here leads to the same port outside.
 *
 * @param {number} port
 */
async function reach(port) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (inner) => {
    const outer = connect({ path: `${config.sockets}/to-${port}`, allowHalfOpen: true });
    join(inner, outer);
  });
  const { promise, resolve, reject } = Promise.withResolvers();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => resolve(undefined));
  await promise;
}

/**
 * A connection to outside that waits for a client of a port that the program serves. The first byte
 * says that the client is there.
 *
 * @param {number} port
 */
function offer(port) {
  const outer = connect({ path: `${config.sockets}/from-${port}`, allowHalfOpen: true });
  outer.once('error', () => outer.destroy());
  outer.once('data', (chunk) => {
    outer.pause();
    offer(port);
    if (chunk.length > 1) outer.unshift(chunk.subarray(1));
    const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    inner.once('error', (error) => {
      if ('code' in error && error.code === 'ECONNREFUSED') gone(port);
    });
    join(inner, outer);
  });
}

/**
 * @param {Socket} tcp
 * @param {Socket} unix
 */
function join(tcp, unix) {
  tcp.pipe(unix);
  unix.pipe(tcp);
  tcp.once('error', () => unix.destroy());
  unix.once('error', () => tcp.resetAndDestroy());
  tcp.once('close', () => unix.destroySoon());
  unix.once('close', () => tcp.destroySoon());
}

/** @type {Set<number>} */
const up = new Set();

/**
 * Looks whether the program listens on a port, by a connection without a byte: the kernel's table of
 * sockets takes milliseconds to read. Once it listens, a refused client says that it no longer does.
 *
 * @param {number} port
 */
function look(port) {
  const probe = connect({ port, host: '127.0.0.1' });
  probe.once('error', () => setTimeout(look, LOOK_MS, port));
  probe.once('connect', () => {
    probe.destroy();
    up.add(port);
    tell({ up: [...up] });
  });
}

/** @param {number} port */
function gone(port) {
  if (!up.delete(port)) return;
  tell({ up: [...up] });
  look(port);
}

/** Bytes of memory that all processes in the sandbox have to themselves. */
function memory() {
  let bytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/u.test(name))) {
    try {
      const [, resident = '0', shared = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(
        ' ',
      );
      bytes += (Number(resident) - Number(shared)) * PAGE_BYTES;
    } catch {
      // It has ended.
    }
  }
  return bytes;
}

/** Reports what the program's folder holds, again and again. */
async function reportDisk() {
  for (;;) {
    await sleep(DISK_MS);
    let bytes = 0;
    let files = 0;
    const folders = [process.cwd()];
    for (
      let folder = folders.pop();
      folder !== undefined && files < MOST_FILES;
      folder = folders.pop()
    ) {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        const path = `${folder}/${entry.name}`;
        files += 1;
        if (entry.isDirectory()) folders.push(path);
        else bytes += (await lstat(path).catch(() => undefined))?.size ?? 0;
      }
    }
    tell({ disk: { bytes, files } });
  }
}
