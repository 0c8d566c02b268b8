// @ts-check
import { catchInterrupts, releaseInterrupts } from './children.mjs';
import { installPackages } from './packages.mjs';
import { installTool } from './tools.mjs';

/**
 * @typedef {{ tool: import('./installed.mjs').Tool, pin: import('./installed.mjs').PinnedTool }} Wanted
 */

/**
 * Installs the missing tools and packages. Ctrl-C ends it and leaves no incomplete install behind.
 *
 * @param {string} root
 * @param {{ node: Wanted | undefined, pnpm: Wanted | undefined, packages: boolean }} plan
 * @param {string} node The Node that install scripts run on.
 * @param {string} pnpm
 * @throws {import('./failure.mjs').BootstrapFailure | import('./failure.mjs').Interrupted}
 */
export async function install(root, plan, node, pnpm) {
  catchInterrupts();
  try {
    const wanted = [plan.node, plan.packages ? plan.pnpm : undefined].filter((one) => !!one);
    // In parallel: each unpacks for seconds on one core. allSettled, so that none is still running after.
    const outcomes = await Promise.allSettled(
      wanted.map(({ tool, pin }) => installTool(tool, pin)),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    if (plan.packages) await installPackages(root, node, pnpm);
  } finally {
    releaseInterrupts();
  }
}
