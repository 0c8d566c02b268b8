import { expect, judges, test as base } from '@backend-labs/testkit';
import { DEEP_BREAKING, DEEP_HARMLESS } from './support/changes/deep.ts';
import { documents } from './support/changes/documents.ts';
import { diagnoseDeepGate } from './support/diagnose-deep-gate.ts';
import { explained, expectNamed, expectUnnamed, type Judged } from './support/gate-test.ts';
import { gate } from './support/gate.ts';

/** `judged` is what the gate says of all changes at once. */
const test = base.extend('judged', { scope: 'file' }, async ({ run }): Promise<Judged> => {
  const both = documents([...DEEP_BREAKING, ...DEEP_HARMLESS]);
  return { verdict: await gate(run, both.old, both.new), diagnose: diagnoseDeepGate };
});

const about = (point: string) => DEEP_BREAKING.filter((each) => each.point === point);

test('a change in a schema that refers to itself is named', judges('7.1'), ({ judged }) =>
  expectNamed(judged, about('7.1')),
);

test('a change in a part of an allOf is named', judges('7.2'), ({ judged }) =>
  expectNamed(judged, about('7.2')),
);

test('a change of alternatives is named', judges('7.3'), ({ judged }) =>
  expectNamed(judged, about('7.3')),
);

test('a change of a format, a length or a constant is named', judges('7.4'), ({ judged }) =>
  expectNamed(judged, about('7.4')),
);

test('a change of such a schema that breaks nobody is not named', judges('7.5'), ({ judged }) =>
  expectUnnamed(judged, DEEP_HARMLESS),
);

test('the gate ends with 0 if no such change breaks', judges('7.5'), async ({ judged, run }) => {
  const both = documents(DEEP_HARMLESS);
  const { code, printed } = await gate(run, both.old, both.new);
  await explained(judged, () => {
    expect(code, `exit code if no change breaks. It printed: ${printed}`).toBe(0);
  });
});
