// @ts-check
import path from 'node:path';

const OWN_MACHINE = ['127.0.0.1', 'localhost', '::1'];

/**
 * The environment for the pinned Node and everything below it: this Node is first on the PATH, and a
 * proxy is not asked for this machine's own servers.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node The program.
 * @param {string} cwd Where programs start.
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentFor(env, node, cwd) {
  // Windows calls it Path.
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const home = path.dirname(node);
  // A PATH cannot quote its separator. Mostly it is in the name of a folder above both.
  const entry = home.includes(path.delimiter) ? path.relative(cwd, home) : home;
  return {
    ...env,
    [key]: [entry, env[key]].filter(Boolean).join(path.delimiter),
    ...withoutProxy(env),
  };
}

/**
 * With `NODE_USE_ENV_PROXY=1`, Node's own requests to 127.0.0.1 go to the proxy too.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutProxy(env) {
  const listed = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(',').filter(Boolean);
  const hosts = [...new Set([...listed, ...OWN_MACHINE])].join(',');
  return { no_proxy: hosts, NO_PROXY: hosts };
}
