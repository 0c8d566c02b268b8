// @ts-check
import { spawn } from 'node:child_process';
import { Interrupted } from './failure.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {NodeJS.Signals | undefined} */
let interrupt;

const graceMs = 1000;

/** @type {NodeJS.Signals[]} */
const politeSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  // A second Ctrl-C ends them immediately.
  const how = interrupt ? 'SIGKILL' : 'SIGTERM';
  interrupt ??= signal;
  const ended = [...running];
  for (const child of ended) endTree(child, how);
  // Even after SIGTERM, npm waits for a silent registry. The next run repeats the unfinished work.
  setTimeout(() => {
    for (const child of ended) if (running.has(child)) endTree(child, 'SIGKILL');
  }, graceMs).unref();
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function endTree(child, signal) {
  if (child.pid === undefined) return;
  try {
    // The whole group: npm and pnpm have child processes (install scripts) that must end as well.
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** From now on, a signal ends the programs that `run` started instead of this process. */
export function catchInterrupts() {
  for (const signal of politeSignals) process.on(signal, onSignal);
}

/** Undoes `catchInterrupts`. */
export function releaseInterrupts() {
  for (const signal of politeSignals) process.off(signal, onSignal);
}

/** @throws {Interrupted} if a signal arrived. */
export function throwIfInterrupted() {
  if (interrupt) throw new Interrupted(interrupt);
}

/**
 * Runs a program until it ends and returns the last 64 KB of its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, onStart?: (pid: number) => void }} options
 * @returns {Promise<{ ok: boolean, output: string }>} `ok` is false for any exit code but 0, and
 *   if the program did not start.
 * @throws {Interrupted}
 */
export async function run(command, args, { cwd, env = process.env, onStart }) {
  throwIfInterrupted();
  let output = '';
  const ok = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    running.add(child);
    if (child.pid !== undefined) onStart?.(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output = (output + text).slice(-65_536);
      });
    }
    child.once('error', (error) => {
      output += String(error);
      running.delete(child);
      resolve(false);
    });
    child.once('close', (code) => {
      running.delete(child);
      resolve(code === 0);
    });
  });
  throwIfInterrupted();
  return { ok, output };
}
