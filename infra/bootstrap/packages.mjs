// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { run } from './children.mjs';
import { environmentFor } from './environment.mjs';
import { explain } from './failure.mjs';
import { inputs, packagesAreWhole, stampFile } from './installed.mjs';
import { withLock } from './lock.mjs';
import { withProgress } from './progress.mjs';
import { requireSpace } from './space.mjs';

/** Size of all packages together. */
const downloadMegabytes = 100;

const pnpmFlags = [
  '--frozen-lockfile',
  // Relinks everything from the store (0.4 s). Without it, pnpm trusts packages that lost their files.
  '--force',
  // The lock file is reviewed and has every hash. A second check would need the network.
  '--trust-lockfile',
  '--prefer-offline',
  '--config.confirm-modules-purge=false',
  '--config.fetch-retries=2',
  '--config.fetch-retry-mintimeout=500',
  '--config.fetch-retry-maxtimeout=4000',
  '--reporter=append-only',
];

/**
 * Installs the packages of the whole workspace.
 *
 * @param {string} root
 * @param {string} node The pinned Node, for install scripts.
 * @param {string} pnpm
 * @throws {import('./failure.mjs').BootstrapFailure}
 */
export async function installPackages(root, node, pnpm) {
  requireSpace(path.join(root, 'node_modules'), downloadMegabytes, 'cannot install packages');
  // In the checkout, even if LABS_STATE is elsewhere: the install writes to the checkout.
  await withLock(path.join(root, '.labs', 'install.lock'), async ({ onStart }) => {
    if (packagesAreWhole(root)) return;
    const { key, folders } = inputs(root);
    fs.rmSync(stampFile(root), { force: true });
    await withProgress(`Installing packages (${downloadMegabytes} MB the first time)`, async () => {
      const { ok, output } = await run(pnpm, ['install', ...pnpmFlags], {
        cwd: root,
        env: environmentFor(process.env, node, root),
        onStart,
      });
      if (!ok) throw explain('cannot install packages', output, path.relative(root, pnpm));
    });
    const stamp = { key, files: installedManifests(root, folders) };
    fs.writeFileSync(`${stampFile(root)}.tmp`, JSON.stringify(stamp));
    fs.renameSync(`${stampFile(root)}.tmp`, stampFile(root));
  });
}

/**
 * @param {string} root
 * @param {string[]} folders
 * @returns {import('./installed.mjs').PackagesStamp['files']}
 */
function installedManifests(root, folders) {
  const store = path.join(root, 'node_modules', '.pnpm');
  const homes = [
    ...folders.map((folder) => path.join(root, folder, 'node_modules')),
    ...list(store).map((name) => path.join(store, name, 'node_modules')),
  ];
  /** @type {import('./installed.mjs').PackagesStamp['files']} */
  const files = [];
  for (const home of homes) {
    for (const name of packageNames(home)) {
      const file = path.join(home, name, 'package.json');
      const bytes = fs.statSync(file, { throwIfNoEntry: false })?.size;
      if (bytes !== undefined) files.push([path.relative(root, file), bytes]);
    }
  }
  return files;
}

/** @param {string} home A `node_modules`. */
function packageNames(home) {
  return list(home).flatMap((name) => {
    if (name.startsWith('.')) return [];
    if (!name.startsWith('@')) return [name];
    return list(path.join(home, name)).map((inner) => `${name}/${inner}`);
  });
}

/** @param {string} folder */
function list(folder) {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}
