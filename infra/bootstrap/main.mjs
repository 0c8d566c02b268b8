// @ts-check
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundCompiled } from './compiled.mjs';
import { BootstrapFailure, Interrupted, asSystemError, explain } from './failure.mjs';
import { handOver } from './handover.mjs';
import { locateTool, packagesAreWhole, toolIsWhole } from './installed.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Installs the pinned Node and the packages if they are missing, then runs `labs <args>`. Sets the exit
 * code.
 *
 * @param {string[]} args
 */
export async function main(args) {
  try {
    const node = await prepare();
    const cli = path.join(root, 'shared', 'cli', 'src', 'main.ts');
    if (!fs.existsSync(cli)) throw missing(path.relative(root, cli));
    // Compiled code is cached: compiling takes most of a short command's time.
    const compiled = path.join(stateDir(), 'compile-cache');
    boundCompiled(compiled);
    process.env['NODE_COMPILE_CACHE'] ??= compiled;
    // kafkajs causes many of these warnings (its issue 1751), and a learner cannot fix them.
    const quiet = '--disable-warning=TimeoutNegativeWarning';
    process.exitCode = await handOver(node, [quiet, cli, ...args]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** @returns {Promise<string>} The Node to run the command with. */
async function prepare() {
  const pins = readPins();
  const toolchain = path.join(stateDir(), 'toolchain');
  const node = locateTool('node', pins.node.version, toolchain);
  const pnpm = locateTool('pnpm', pins.pnpm.version, toolchain);
  const ownNodeWillDo = satisfies(process.versions.node, pins.node.version);
  const program = ownNodeWillDo ? process.execPath : node.program;
  const plan = {
    node: ownNodeWillDo || toolIsWhole(node) ? undefined : { tool: node, pin: pins.node },
    pnpm: toolIsWhole(pnpm) ? undefined : { tool: pnpm, pin: pins.pnpm },
    packages: !packagesAreWhole(root),
  };
  if (plan.node || plan.packages) {
    const { install } = await import('./install.mjs');
    await install(root, plan, program, pnpm.program);
  }
  return program;
}

/** @returns {{ node: import('./installed.mjs').PinnedTool, pnpm: import('./installed.mjs').PinnedTool }} */
function readPins() {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, 'infra', 'toolchain.json'), 'utf8'));
  } catch {
    throw missing('infra/toolchain.json');
  }
}

/** @param {string} file */
function missing(file) {
  const fix = `Run \`git checkout -- ${file}\` and try again`;
  return new BootstrapFailure('BROKEN_CHECKOUT', `${file} is missing or damaged`, fix);
}

function stateDir() {
  const given = process.env['LABS_STATE'];
  if (!given) return path.join(root, '.labs');
  if (path.isAbsolute(given)) return given;
  throw new BootstrapFailure(
    'USAGE',
    `LABS_STATE must be an absolute path, not "${given}"`,
    'Change or unset it',
  );
}

/**
 * @param {string} version
 * @param {string} pinned
 * @returns {boolean} The same major version, and not an older minor one.
 */
function satisfies(version, pinned) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [pinnedMajor = 0, pinnedMinor = 0] = pinned.split('.').map(Number);
  return major === pinnedMajor && minor >= pinnedMinor;
}

/**
 * @param {unknown} error
 * @returns {number} The exit code.
 */
function report(error) {
  if (error instanceof Interrupted) return 128 + os.constants.signals[error.signal];
  const failure = asFailure(error);
  if (!failure) {
    const trace = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`labs: this is a bug in labs. Please report it:\n${trace}\n`);
    return 3;
  }
  const log = failure.output === undefined ? undefined : keepOutput(failure.output);
  process.stderr.write(
    `labs: ${failure.message.replace('LOG', log ?? 'no file: the disk cannot be written')}\n`,
  );
  return failure.exitCode;
}

/** @param {unknown} error */
function asFailure(error) {
  if (error instanceof BootstrapFailure) return error;
  const trouble = asSystemError(error);
  if (!trouble) return undefined;
  return explain(`cannot use ${trouble.path ?? root}`, trouble.code);
}

/**
 * @param {string} output
 * @returns {string | undefined} The file, as a person in this folder would type it.
 */
function keepOutput(output) {
  try {
    const file = path.join(stateDir(), 'bootstrap.log');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, output);
    return file.startsWith(root + path.sep) ? path.relative(root, file) : file;
  } catch {
    // The disk is full or read-only. The printed line must be enough.
    return undefined;
  }
}
