// @ts-check

/**
 * A failure that a person has to fix. It is printed as one line, and the process ends with `exitCode`.
 */
export class BootstrapFailure extends Error {
  /** @override */
  name = 'BootstrapFailure';

  /**
   * @param {'DISK_FULL' | 'READ_ONLY' | 'OFFLINE' | 'NO_NPM' | 'UNSUPPORTED' | 'BROKEN_CHECKOUT' |
   *   'OUTDATED_LOCKFILE' | 'DAMAGED_DOWNLOAD' | 'NOT_IN_REGISTRY' | 'UNTRUSTED_CERTIFICATE' | 'REFUSED' | 'INSTALL_FAILED' | 'USAGE'} code
   * @param {string} problem What happened, without a full stop.
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

/** Ctrl-C or a kill during the bootstrap itself. */
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
 * @returns {{ code: string, path: string | undefined } | undefined} For a system error.
 */
export function asSystemError(error) {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return { code: String(error.code), path: 'path' in error ? String(error.path) : undefined };
}

/**
 * @typedef {{ code: BootstrapFailure['code'], sign: RegExp, problem: string, fix: string }} Trouble
 * A failure of npm, of pnpm or of the file system that a person can fix, and how to recognise it.
 */

/** @type {Trouble[]} The first one that matches applies. */
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
    problem: 'the folder is not writable',
    fix: 'Run chmod u+w on it, or clone into another folder, and run this again',
  },
  {
    code: 'DAMAGED_DOWNLOAD',
    sign: /EINTEGRITY|integrity check|ERR_PNPM_TARBALL_INTEGRITY/i,
    problem: 'the download does not match the hash in this repository',
    fix: 'Run `npm cache clean --force` and try again. If it fails again, do not trust the registry',
  },
  {
    code: 'NOT_IN_REGISTRY',
    sign: /\bE404\b|ETARGET|ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION/,
    problem: 'your npm registry does not have this package',
    fix: 'Check `npm config get registry`',
  },
  {
    code: 'REFUSED',
    sign: /\bE40[137]\b|ERR_PNPM_FETCH_40[137]|\b(?:401|403|407) (?:unauthorized|forbidden|proxy)|status code 40[137]|TARBALL_HTTP_STATUS[\s\S]*\b40[137]\b/i,
    problem: 'your npm registry, or a proxy before it, refuses access to this package',
    fix: 'Check `npm config get registry` and `npm config get proxy`, and log in with `npm login` if the registry asks for it',
  },
  {
    code: 'UNTRUSTED_CERTIFICATE',
    sign: /SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_(?:HAS_EXPIRED|UNTRUSTED|NOT_YET_VALID)|ERR_TLS_CERT|invalid peer certificate|UnknownIssuer|self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate/i,
    problem: 'this machine does not trust the certificate of the npm registry',
    fix: 'Get the certificate (.pem) of your network from its administrator, and run `npm config set cafile /path/to/it.pem`',
  },
  {
    code: 'OFFLINE',
    sign: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED|client error \(Connect\)|dns error|RESOLVER_NETWORK_ERROR|NO_OFFLINE/i,
    problem: 'the npm registry cannot be reached',
    fix: 'Connect to the network and run this again. Later runs work without it',
  },
  {
    code: 'OUTDATED_LOCKFILE',
    sign: /ERR_PNPM_(FROZEN_LOCKFILE_WITH_)?OUTDATED_LOCKFILE|ERR_PNPM_\w*NO_IMPORTER/,
    problem: 'pnpm-lock.yaml does not match the package.json files',
    fix: 'Run `PNPM install` if you changed them, or `git checkout .` if you did not',
  },
];

/**
 * Finds the failure that a tool's output or a file system error shows.
 *
 * @param {string} doing The step that failed, e.g. `cannot install Node 26.10.0`.
 * @param {string} output
 * @param {string} [pnpm] The path of pnpm here; on most machines it is not on the PATH.
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
    `${doing}: ${telling.trim().slice(0, 200) || 'it printed nothing'}`,
    'Its whole output is in LOG',
    output,
  );
}
