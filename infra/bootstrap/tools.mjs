// @ts-check
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { run } from './children.mjs';
import { BootstrapFailure, explain } from './failure.mjs';
import { toolIsWhole } from './installed.mjs';
import { withLock } from './lock.mjs';
import { findNpm } from './npm.mjs';
import { withProgress } from './progress.mjs';
import { requireSpace } from './space.mjs';

const titles = { node: 'Node', pnpm: 'pnpm' };

/**
 * Installs a pinned tool. One rename makes it visible, so an incomplete tool is never found.
 *
 * @param {import('./installed.mjs').Tool} tool
 * @param {import('./installed.mjs').PinnedTool} pin
 * @throws {BootstrapFailure}
 */
export async function installTool(tool, pin) {
  const title = `${titles[tool.name]} ${tool.version}`;
  const source = pin.packages[tool.platform];
  if (!source) {
    throw new BootstrapFailure(
      'UNSUPPORTED',
      `${title} is not published for ${tool.platform}`,
      tool.name === 'node'
        ? `Install ${title} another way, put it on the PATH, and run this again`
        : 'Run this on another machine, or in a container',
    );
  }
  requireSpace(path.dirname(tool.home), pin.megabytes, `cannot install ${title}`);
  await withLock(`${tool.home}.lock`, async ({ onStart }) => {
    if (toolIsWhole(tool)) return;
    await withProgress(`Installing ${title} (${pin.megabytes} MB, once)`, () =>
      install(tool, title, source, onStart),
    );
  });
}

/**
 * @param {import('./installed.mjs').Tool} tool
 * @param {string} title
 * @param {import('./installed.mjs').PinnedPackage} source
 * @param {(pid: number) => void} onStart
 */
async function install({ version, home, program }, title, source, onStart) {
  removeLeftovers(home);
  const temp = `${home}.${randomUUID()}.tmp`;
  try {
    const made = path.join(temp, 'made');
    const madeProgram = path.join(made, 'bin', path.basename(program));
    fs.mkdirSync(path.dirname(madeProgram), { recursive: true });
    const folder = await download(title, version, source, temp, onStart);
    // Only the program: the rest of Node's package is 70 MB of C headers.
    fs.renameSync(path.join(folder, ...source.binary.split('/')), madeProgram);
    fs.chmodSync(madeProgram, 0o755);
    for (const file of fs.readdirSync(folder)) {
      if (/^licen[cs]e/i.test(file)) fs.renameSync(path.join(folder, file), path.join(made, file));
    }
    await verify(title, version, madeProgram, temp);
    const stamp = { version, bytes: fs.statSync(madeProgram).size };
    fs.writeFileSync(path.join(made, 'stamp.json'), `${JSON.stringify(stamp)}\n`);
    fs.rmSync(home, { recursive: true, force: true });
    fs.renameSync(made, home);
  } finally {
    fs.rmSync(temp, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Removes temporary folders of killed installs. We hold the lock, so none is in use.
 *
 * @param {string} home
 */
function removeLeftovers(home) {
  const folder = path.dirname(home);
  for (const entry of fs.readdirSync(folder)) {
    if (entry.startsWith(`${path.basename(home)}.`) && entry.endsWith('.tmp')) {
      fs.rmSync(path.join(folder, entry), { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} title
 * @param {string} version
 * @param {import('./installed.mjs').PinnedPackage} source
 * @param {string} temp
 * @param {(pid: number) => void} onStart
 * @returns {Promise<string>} The unpacked package.
 */
async function download(title, version, { name, integrity }, temp, onStart) {
  const dependencies = { [name]: version };
  const lock = {
    lockfileVersion: 3,
    requires: true,
    packages: { '': { dependencies }, [`node_modules/${name}`]: { version, integrity } },
  };
  fs.writeFileSync(
    path.join(temp, 'package.json'),
    JSON.stringify({ private: true, dependencies }),
  );
  fs.writeFileSync(path.join(temp, 'package-lock.json'), JSON.stringify(lock));
  const npm = findNpm(process.env);
  const flags = [
    '--ignore-scripts',
    '--package-lock=true',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-update-notifier',
    '--loglevel=error',
    // With npm's own retries, an offline machine would report it only after a minute.
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=500',
    '--fetch-retry-maxtimeout=4000',
  ];
  const { ok, output } = await run(
    npm.command,
    [...npm.args, 'install', '--prefix', temp, ...flags],
    { cwd: temp, onStart },
  );
  if (!ok) throw explain(`cannot install ${title}`, output);
  return path.join(temp, 'node_modules', ...name.split('/'));
}

/**
 * @param {string} title
 * @param {string} version
 * @param {string} program
 * @param {string} cwd
 */
async function verify(title, version, program, cwd) {
  const { ok, output } = await run(program, ['--version'], { cwd });
  if (ok && output.trim().replace(/^v/, '') === version) return;
  const said = output.trim().split('\n')[0] ?? '';
  throw new BootstrapFailure(
    'UNSUPPORTED',
    `${title} was installed but does not run here (it printed: ${said.slice(0, 200) || 'nothing'})`,
    `Install ${title} another way, put it on the PATH, and run this again`,
  );
}
