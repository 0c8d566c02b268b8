// @ts-check
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { environmentFor } from './environment.mjs';
import { BootstrapFailure } from './failure.mjs';

/** Interval of the check whether `npm` was killed. */
const orphanMs = 250;

/** Two equal signals within this time count as one: `npm` forwards a signal that its whole group got. */
const echoMs = 500;

/**
 * Runs a program in place of this process: it gets our terminal and our signals, we get its exit code.
 *
 * @param {string} node
 * @param {string[]} args
 * @returns {Promise<number>} The exit code; 128 + n when signal n ended it.
 * @throws {BootstrapFailure}
 */
export function handOver(node, args) {
  const env = environmentFor(process.env, node, process.cwd());
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: 'inherit', env });
    const stopForwarding = forwardSignals(child);
    child.once('error', (error) => {
      stopForwarding();
      const problem = `${node} did not start (${error.message})`;
      reject(
        new BootstrapFailure('UNSUPPORTED', problem, 'Delete .labs/toolchain and run this again'),
      );
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      resolve(signal ? 128 + os.constants.signals[signal] : (code ?? 1));
    });
  });
}

/**
 * The terminal sends Ctrl-C to the whole foreground group, so the child already has it. If we
 * forwarded it, the child would get it twice, and a second Ctrl-C means "end immediately". A signal
 * that only this process gets must be forwarded.
 *
 * Killing `npm` reaches at most the shell between it and us. We notice it because a parent changes.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void}
 */
function forwardSignals(child) {
  /** @type {Map<string, number>} */
  const lastSent = new Map();
  let stopping = false;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    stopping = true;
    if (process.platform === 'win32') return;
    if ((signal === 'SIGINT' || signal === 'SIGQUIT') && isForeground()) return;
    const now = Date.now();
    if (now - (lastSent.get(signal) ?? 0) < echoMs) return;
    lastSent.set(signal, now);
    child.kill(signal);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) process.on(signal, forward);
  const starter = lineage();
  const orphaned = () => {
    if (!stopping && lineage() !== starter) forward('SIGTERM');
  };
  const watch = process.env['npm_lifecycle_event'] ? setInterval(orphaned, orphanMs) : undefined;
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, forward);
  };
}

/**
 * The parents of this process, as text to compare. Some shells replace themselves with the command.
 * Others wait for it, and only then is `npm` the parent's parent.
 */
function lineage() {
  const parent = process.ppid;
  try {
    const stat = fs.readFileSync(`/proc/${parent}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    if (/^(?:ba|da|z|k)?sh$/.test(name)) {
      return `${parent} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
    }
  } catch {
    // No /proc here. Or the parent has just died: the next look has another one.
  }
  return String(parent);
}

/** Whether this process is in the foreground group, which gets the signals of the terminal's keys. */
function isForeground() {
  try {
    if (process.platform === 'linux') {
      // After the name in parentheses: state, parent, group, session, terminal, foreground group.
      const stat = fs.readFileSync('/proc/self/stat', 'utf8');
      const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return group === foreground;
    }
    const columns = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {
      encoding: 'utf8',
    });
    const [group, foreground] = columns.trim().split(/\s+/);
    return group === foreground;
  } catch {
    return process.stdin.isTTY;
  }
}
