import { readCatalog, type Lab } from '@backend-labs/catalog';
import {
  digestOf,
  readProof,
  rowNames,
  sampleOf,
  verify,
  type VerifyReport,
} from '@backend-labs/runner';
import { openStack, serverNames } from '@backend-labs/stack';
import { openLabStack } from '@backend-labs/workbench';
import { withBench } from '../on-bench.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, sentence } from '../errors.ts';
import { currentCommit } from '../git.ts';
import { prepareSandbox } from '../sandbox.ts';
import { runTool, type Tally } from '../tools.ts';
import { type SuitesOptions, unitTestStep } from '../unit-tests.ts';
import { writeProven } from '../proofs.ts';
import { renderReport } from '../ui/matrix.ts';
import { paint } from '../ui/style.ts';

interface Step {
  readonly name: string;
  readonly run: () => Promise<Tally>;
}

/** `npm test`. Every step runs, even if an earlier one failed. */
export const run: Run = async (args, context) => {
  const { root } = context;
  const [full, write] = [args.on('full'), args.on('write')];
  const tool = (bin: string, ...rest: string[]) => runTool(root, bin, rest);
  const spelling = ['lint', '--no-progress', '--config', 'infra/prose/spelling.yaml'];
  // Servers that are fetched wait for the network while the tools work.
  const together: Step[] = [
    { name: 'types', run: () => tool('tsc', '--noEmit') },
    { name: 'lint', run: () => tool('oxlint', '--type-aware', '--deny-warnings', '.') },
    { name: 'format', run: () => tool('oxfmt', '--check', '.') },
    { name: 'prose', run: () => tool('node', 'infra/prose/main.ts') },
    { name: 'spelling', run: () => tool('cspell', ...spelling) },
    { name: 'servers', run: () => servers(context) },
  ];
  const inTurn: Step[] = [
    { name: 'sandbox', run: () => sandbox(context) },
    unitTestStep(context, { full, write }),
    ...labSteps(context, { full, write }),
  ];
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = ({ line, tally: { passed, failed, skipped } }: Ended) => {
    console.log(line);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  };
  for (const ended of await Promise.all(together.map(timed))) add(ended);
  for (const step of inTurn) add(await timed(step));
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\nlabs: ${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed > 0 ? EXIT.red : EXIT.green;
};

interface Ended {
  readonly tally: Tally;
  /** What is said of the step. */
  readonly line: string;
}

async function timed({ name, run: work }: Step): Promise<Ended> {
  const started = performance.now();
  const tally = await work();
  const { passed, failed, skipped } = tally;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const mark = failed > 0 ? paint('red', '✗') : paint('green', '✓');
  const rest = `${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} NOT RUN` : ''}`;
  return {
    tally,
    line: `${mark} ${name}: ${passed} passed${rest}  ${paint('dim', `${seconds} s`)}`,
  };
}

/** Starts the servers before anything needs them. A server that is not available is NOT RUN. */
async function servers({ root, stateDir }: Context): Promise<Tally> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const options = { root, stateDir, onProgress: say };
  const { servers: live, missing } = await openStack(serverNames(), options);
  for (const { message, fix } of missing) console.log(`  ${sentence(message)} ${sentence(fix)}`);
  const broken = missing.filter(({ code }) => code === 'SERVER_BROKEN').length;
  return {
    passed: Object.keys(live).length,
    failed: broken,
    skipped: missing.length - broken,
  };
}

/** Without a sandbox, the tests of it and of the grader are skipped: that is said here, and counted. */
async function sandbox(context: Context): Promise<Tally> {
  const trouble = await prepareSandbox(context, (line) => process.stderr.write(`${line}\n`));
  if (trouble) console.log(`  ${sentence(trouble.message)} ${sentence(trouble.fix)}`);
  return { passed: trouble ? 0 : 1, failed: 0, skipped: trouble ? 1 : 0 };
}

function labSteps(context: Context, options: SuitesOptions): Step[] {
  const { labs, broken } = readCatalog(context.root);
  return [
    ...[...broken].map(([id, fault]): Step => ({
      name: id,
      run: async () => {
        console.log(`  ${fault.message}`);
        return { passed: 0, failed: 1, skipped: 0 };
      },
    })),
    ...labs.map((lab): Step => labStep(context, lab, options)),
  ];
}

/**
 * A lab in full, or a sample of a lab whose proof is up to date. Each commit draws another sample, so
 * that in time every row runs again.
 */
function labStep(context: Context, lab: Lab, { full, write }: SuitesOptions): Step {
  const { root, stateDir } = context;
  const digest = digestOf(root, lab);
  const proven = !full && readProof(lab)?.digest === digest;
  return {
    name: proven ? `${lab.id} (a sample: its proof is up to date)` : lab.id,
    run: async () => {
      const stack = await withBench(context, `Finding ${lab.servers.join(', ')}`, (bench) =>
        openLabStack(bench, lab),
      );
      const seed = (await currentCommit(root)) ?? '';
      const rows = proven ? { rows: sampleOf(rowNames(lab), seed) } : {};
      const report = await verify({ root, stateDir, lab, stack, repeat: 1, ...rows });
      console.log(renderReport(report));
      if (write && !proven) writeProven(root, [{ lab, digest, report }]);
      return tallyOf(report);
    },
  };
}

function tallyOf({ cells: { passed, failed, notRun } }: VerifyReport): Tally {
  return { passed, failed, skipped: notRun };
}
