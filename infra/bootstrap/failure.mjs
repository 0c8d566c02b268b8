// @ts-check

/**
 * The machine cannot be helped, and a person has to do something. Printed as one line; the process
 * ends with `exitCode`.
 */
export class BootstrapFailure extends Error {
  /** @override */
  name = 'BootstrapFailure';

  /**
   * @param {'DISK_FULL' | 'READ_ONLY' | 'OFFLINE' | 'NO_NPM' | 'UNSUPPORTED' | 'BROKEN_CHECKOUT' |
   *   'OUTDATED_LOCKFILE' | 'DAMAGED_DOWNLOAD' | 'NOT_IN_REGISTRY' | 'INSTALL_FAILED' | 'USAGE'} code
   * @param {string} problem What is wrong, without a full stop.
   * @param {string} fix What to do about it, without a full stop.
   * @param {string} [output] What the failing tool printed, for the log.
   */
  constructor(code, problem, fix, output) {
    super(`${problem}. ${fix}.`);
    this.code = code;
    this.output = output;
    this.exitCode = code === 'USAGE' ? 2 : 3;
  }
}

/** Ctrl-C or a polite kill while the bootstrap itself was at work. */
export class Interrupted extends Error {
  /** @override */
  name = 'Interrupted';

  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * @param {unknown} error
 * @returns {{ code: string, path: string | undefined } | undefined} For an error of the system.
 */
export function asSystemError(error) {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return { code: String(error.code), path: 'path' in error ? String(error.path) : undefined };
}

/**
 * @typedef {{ code: BootstrapFailure['code'], sign: RegExp, problem: string, fix: string }} Trouble
 * What npm, pnpm and the file system print for something that a person can fix.
 */

/** @type {Trouble[]} The first that matches counts. */
const troubles = [
  {
    code: 'DISK_FULL',
    sign: /ENOSPC|no space left on device|EDQUOT|disk quota/i,
    problem: 'the disk is full',
    fix: 'Free 1 GB and run this again',
  },
  {
    code: 'READ_ONLY',
    sign: /EROFS|EACCES|EPERM|read-only file system|permission denied/i,
    problem: 'writing is not permitted there',
    fix: 'Make it writable for you, or clone into a folder of your own, and run this again',
  },
  {
    code: 'DAMAGED_DOWNLOAD',
    sign: /EINTEGRITY|integrity check|ERR_PNPM_TARBALL_INTEGRITY/i,
    problem: 'what the registry sent is not what this repository expects',
    fix: 'Run `npm cache clean --force` and try again; if it stays so, distrust the registry',
  },
  {
    code: 'NOT_IN_REGISTRY',
    sign: /\bE404\b|ETARGET|ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION/,
    problem: 'the npm registry in use does not have it',
    fix: 'Check `npm config get registry`',
  },
  {
    code: 'OFFLINE',
    sign: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED|client error \(Connect\)|dns error|RESOLVER_NETWORK_ERROR|NO_OFFLINE/i,
    problem: 'the npm registry cannot be reached',
    fix: 'Connect to the network once (later runs work without) and run this again',
  },
  {
    code: 'OUTDATED_LOCKFILE',
    sign: /ERR_PNPM_(FROZEN_LOCKFILE_WITH_)?OUTDATED_LOCKFILE|ERR_PNPM_\w*NO_IMPORTER/,
    problem: 'pnpm-lock.yaml does not fit the package.json files',
    fix: 'Run `PNPM install` if you changed them, or `git checkout .` if you did not',
  },
];

/**
 * Names the trouble behind a tool's output or a file system error.
 *
 * @param {string} doing What was being done, e.g. `cannot install Node 26.10.0`.
 * @param {string} output
 * @param {string} [pnpm] How to run pnpm here; most machines do not have it on the PATH.
 * @returns {BootstrapFailure}
 */
export function explain(doing, output, pnpm = 'pnpm') {
  for (const { code, sign, problem, fix } of troubles) {
    if (sign.test(output)) {
      const place = /^npm err\w* path (.+)$/im.exec(output)?.[1];
      const where = place && code === 'READ_ONLY' ? ` (${place})` : '';
      return new BootstrapFailure(
        code,
        `${doing}: ${problem}${where}`,
        fix.replace('PNPM', pnpm),
        output,
      );
    }
  }
  const telling =
    output.split('\n').find((line) => /err/i.test(line) && !/complete log/.test(line)) ??
    output.trim().split('\n').at(-1) ??
    '';
  return new BootstrapFailure(
    'INSTALL_FAILED',
    `${doing}: ${telling.trim().slice(0, 200) || 'it said nothing'}`,
    'All it printed is in .labs/bootstrap.log',
    output,
  );
}
