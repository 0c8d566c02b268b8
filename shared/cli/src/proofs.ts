import type { Lab } from '@backend-labs/catalog';
import { digestOf, type VerifyReport, writeProof } from '@backend-labs/runner';
import { verifiedFigures, writeFigures } from './readme.ts';

/** A lab whose whole matrix was judged. */
export interface Proven {
  readonly lab: Lab;
  /** Of the lab before the first row was judged. */
  readonly digest: string;
  readonly report: VerifyReport;
}

/**
 * Writes the proof and the figures of each lab whose whole matrix was as it must be. A lab that was
 * changed while it was judged keeps its old proof, and is named.
 */
export function writeProven(root: string, labs: readonly Proven[]): void {
  const sound = labs.filter(({ report }) => report.cells.failed === 0 && report.cells.notRun === 0);
  const same = sound.filter(({ lab, digest }) => digestOf(root, lab) === digest);
  for (const { lab } of sound.filter((each) => !same.includes(each))) {
    process.stderr.write(`labs: ${lab.id} was changed while it was judged. Verify it again.\n`);
  }
  for (const { lab, digest, report } of same) {
    const { points, misconceptions, solutions, designs, seeds } = report;
    const runs = seeds.length;
    writeProof(lab, { proof: 1, digest, points, misconceptions, solutions, designs, runs });
  }
  writeFigures(
    root,
    same.map(({ report }) => verifiedFigures(report)),
  );
}
