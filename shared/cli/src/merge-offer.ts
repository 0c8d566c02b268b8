import { createInterface } from 'node:readline/promises';
import type { Lab } from '@backend-labs/catalog';
import {
  applyMerge,
  type ConflictChoice,
  conflictsOf,
  copyState,
  declineMerge,
  type MergePlan,
  planMerge,
  type WorkPlace,
} from '@backend-labs/workbench';
import { shownPath, type Context } from './context.ts';

export interface MergeOffer {
  readonly answer: 'yes' | 'no' | 'ask';
  readonly context: Context;
}

/**
 * If the starter changed since the copy was made: lists the changes, and merges only if the learner
 * agrees. Without a terminal to ask, the copy stays as it is.
 */
export async function offerMerge(lab: Lab, place: WorkPlace, offer: MergeOffer): Promise<void> {
  const state = await copyState(lab, place);
  if (state.kind === 'absent') return;
  if (state.interrupted) printInterruption(lab, state.interrupted.attempt, offer.context);
  if (state.kind !== 'starter-changed') return;
  if (state.declined && offer.answer === 'ask') return;
  const plan = await planMerge(lab, place);
  if (plan.changes.length === 0) return;

  console.log(`The starter of ${lab.id} changed since your copy was made:`);
  for (const change of plan.changes) {
    const what = change.kind === 'conflict' ? `conflict (${change.why})` : change.kind;
    console.log(`  ${what.padEnd(10)} ${change.path}`);
  }
  const answer = offer.answer === 'ask' ? await ask() : offer.answer;
  if (answer === 'later') {
    console.log(`Your copy stays as it is. To merge the changes: labs start ${lab.number} --merge`);
  } else if (answer === 'no') {
    await declineMerge(lab, place, plan);
    console.log('Your copy stays as it is.');
  } else {
    await merge(lab, place, plan, offer);
  }
}

async function merge(
  lab: Lab,
  place: WorkPlace,
  plan: MergePlan,
  { answer, context }: MergeOffer,
): Promise<void> {
  const conflicts = answer === 'ask' ? await conflictChoice(plan) : 'write';
  const { attempt, written, left } = await applyMerge(lab, place, plan, { conflicts });
  const saved = shownPath(attempt, context);
  console.log(`Merged into ${written.length} files. Your old files are in ${saved}.`);
  if (left.length > 0) console.log(`Not changed: ${left.join(', ')}.`);
  const marked = conflictsOf(plan).filter(({ why }) => why === 'lines');
  if (marked.length > 0 && conflicts === 'write') {
    const files = marked.map(({ path }) => path).join(', ');
    console.log(`Look for the conflict markers (<<<<<<<) in ${files}.`);
  }
}

async function conflictChoice(plan: MergePlan): Promise<ConflictChoice> {
  if (conflictsOf(plan).length === 0) return 'write';
  const both =
    'Also write the files in conflict, with markers? If not, they stay as they are. [y/N] ';
  return (await asked(both)) ? 'write' : 'leave';
}

function printInterruption(lab: Lab, attempt: string | undefined, context: Context): void {
  console.log(`A reset of ${lab.id} was interrupted. To complete it: labs reset ${lab.number}`);
  if (attempt) {
    const path = shownPath(attempt, context);
    console.log(`To get your files back: labs reset ${lab.number} --restore ${path}`);
  }
}

async function ask(): Promise<'yes' | 'no' | 'later'> {
  if (!process.stdin.isTTY) return 'later';
  return (await asked('Merge them into your copy? It is saved first. [y/N] ')) ? 'yes' : 'no';
}

async function asked(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(question)).trim());
  } finally {
    prompt.close();
  }
}
