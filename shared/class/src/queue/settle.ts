import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { graderKey, sign } from '@backend-labs/grader';
import type { Layout } from '../folder/layout.ts';
import { writeJson, writeWhole } from '../folder/write.ts';
import type { Entry } from '../read-class.ts';
import { keyOf, writeDone, writeFault } from './job.ts';
import type { Answer } from './wire.ts';

/**
 * Writes what a worker answered into the folder of the grades. `job.json` comes last: without it the
 * job is not done, and its answer is taken again.
 */
export async function settle(
  layout: Layout,
  stateDir: string,
  job: string,
  entry: Entry,
  answer: Answer,
): Promise<void> {
  const { record, work, round } = entry;
  const dir = layout.grades(record.assignment.id, record.student.id);
  if (answer.kind === 'fault') {
    writeFault(dir, { job, why: answer.why, at: new Date().toISOString() });
    return;
  }
  const { result, verdicts, report } = answer;
  writeWhole(join(dir, 'verdicts.json'), verdicts);
  writeWhole(join(dir, 'report.html'), report);
  writeJson(join(dir, 'result.json'), result);
  // A worker signs with the key of its own machine. This class has one key.
  writeWhole(join(dir, 'result.jws'), await sign(result, await graderKey(stateDir)));
  writeDone(dir, { job, submission: keyOf(work), round });
  rmSync(join(dir, 'fault.json'), { force: true });
}
