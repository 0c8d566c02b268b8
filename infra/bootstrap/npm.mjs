// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { BootstrapFailure } from './failure.mjs';

/**
 * How to run the machine's npm: its JavaScript, with the Node that runs us, if it can be found. `npm`
 * itself may be a shell script that finds another Node, or a `.cmd` that needs a shell.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ command: string, args: string[] }}
 * @throws {BootstrapFailure} NO_NPM
 */
export function findNpm(env) {
  const script = npmOfParent(env) ?? npmOnPath(env) ?? npmBesideNode();
  if (!script) {
    throw new BootstrapFailure(
      'NO_NPM',
      'npm is not installed',
      'Install it (Node from https://nodejs.org includes it; on Debian: apt-get install npm) and run this again',
    );
  }
  return script.endsWith('.js')
    ? { command: process.execPath, args: [script] }
    : { command: script, args: [] };
}

/** @param {NodeJS.ProcessEnv} env */
function npmOfParent(env) {
  const script = env['npm_execpath'];
  return script && path.basename(script) === 'npm-cli.js' && fs.existsSync(script)
    ? script
    : undefined;
}

/** @param {NodeJS.ProcessEnv} env */
function npmOnPath(env) {
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter(Boolean);
  for (const folder of folders) {
    if (process.platform === 'win32') {
      const script = path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js');
      if (fs.existsSync(script)) return script;
    } else {
      const command = path.join(folder, 'npm');
      if (fs.existsSync(command)) return fs.realpathSync(command);
    }
  }
  return undefined;
}

function npmBesideNode() {
  const folder = path.dirname(process.execPath);
  return [
    path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((script) => fs.existsSync(script));
}
