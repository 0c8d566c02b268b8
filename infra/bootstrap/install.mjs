// @ts-check
import { catchInterrupts, releaseInterrupts } from './children.mjs';
import { installPackages } from './packages.mjs';
import { installTool } from './tools.mjs';

/**
 * @typedef {{ tool: import('./installed.mjs').Tool, pin: import('./installed.mjs').PinnedTool }} Wanted
 */

/**
 * Installs what is missing. Ctrl-C ends it and leaves nothing half done behind.
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
    // Side by side: each unpacks for seconds on one core. Settled, so that none is left running.
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
