import { each, expect, explain, judges, test as base } from '@backend-labs/testkit';
import { BREAKING } from './support/changes/core.ts';
import { documents } from './support/changes/documents.ts';
import { HARMLESS } from './support/changes/harmless.ts';
import { crashIsOne, diagnoseGate } from './support/diagnose-gate.ts';
import { explained, expectNamed, expectUnnamed, type Judged } from './support/gate-test.ts';
import { gate, gateOn } from './support/gate.ts';
import { Scratch } from './support/scratch.ts';

/** `judged` is what the gate says of all changes at once. */
const test = base.extend('judged', { scope: 'file' }, async ({ run }): Promise<Judged> => {
  const both = documents([...BREAKING, ...HARMLESS]);
  return { verdict: await gate(run, both.old, both.new), diagnose: diagnoseGate };
});

const about = (point: string) => BREAKING.filter((change) => change.point === point);

test('the gate names each change of an answer that breaks', judges('5.1'), ({ judged }) =>
  expectNamed(judged, about('5.1')),
);

test('the gate names each change of a parameter that breaks', judges('5.2'), ({ judged }) =>
  expectNamed(judged, about('5.2')),
);

test('the gate names each change of a body that breaks', judges('5.3'), ({ judged }) =>
  expectNamed(judged, about('5.3')),
);

test('the gate names what is gone, and what more security needs', judges('5.4'), ({ judged }) =>
  expectNamed(judged, about('5.4')),
);

test(
  'the gate names what more security of all operations needs',
  judges('5.4'),
  async ({ judged, run }) => {
    const both = documents(HARMLESS.slice(0, 1));
    const { named, printed } = await gate(run, both.old, { ...both.new, security: [{ key: [] }] });
    await explained(judged, () => {
      expect(
        [...named.keys()].join(', '),
        `operations that the gate names if the new document has a security for all of them. It printed: ${printed}`,
      ).toBe(HARMLESS[0]?.operation);
    });
  },
);

test('the gate names no change that breaks nobody', judges('5.5'), ({ judged }) =>
  expectUnnamed(judged, HARMLESS),
);

test('the gate ends with 0 if nothing breaks', judges('5.5'), async ({ judged, run }) => {
  const both = documents(HARMLESS);
  const { code, printed } = await gate(run, both.old, both.new);
  await explained(judged, () => {
    expect(code, `exit code if no change breaks. It printed: ${printed}`).toBe(0);
  });
});

test('the gate finds a change wherever it is', judges('5.6'), ({ judged }) =>
  expectNamed(judged, about('5.6')),
);

test('the gate names two changes of an operation in two lines', judges('5.7'), ({ judged }) =>
  expectNamed(judged, about('5.7')),
);

test('the gate ends with 1 if it names a change', judges('5.8'), async ({ judged, run }) => {
  const { code, printed } = judged.verdict;
  expect(code, `exit code if changes break. It printed: ${printed}`).toBe(1);
  const one = documents(about('5.2').slice(0, 1));
  expect((await gate(run, one.old, one.new)).code, 'exit code if one change breaks').toBe(1);
});

test('the gate ends with 2 if it cannot compare', judges('5.8'), async ({ run }) => {
  const { old, new: revised } = documents([]);
  const older = { ...old, openapi: '3.0.3', components: {} };
  await using scratch = await Scratch.of(run);
  const good = await scratch.write('good.json', old);
  const runs = [
    ['the old document is cut short', () => gate(run, '{ "openapi": ', revised)],
    ['the new document is cut short', () => gate(run, old, '{ "openapi": ')],
    ['the new document lacks its info', () => gate(run, old, { ...revised, info: undefined })],
    ['the old document is of OpenAPI 3.0', () => gate(run, older, revised)],
    ['a reference leads nowhere', () => gate(run, old, dangling())],
    ['the new document is not there', () => gateOn(run, [good, `${good}.gone`])],
    ['only one document is named', () => gateOn(run, [good])],
    ['no document is named', () => gateOn(run, [])],
    ['three documents are named', () => gateOn(run, [good, good, good])],
  ] as const;
  await each('runs', runs, async ([what, start]) => {
    const verdict = await start();
    await explain(
      () => {
        expect(verdict.code, `exit code if ${what}. It printed: ${verdict.printed}`).toBe(2);
      },
      () => {
        crashIsOne(verdict, what);
      },
    );
  });
});

const dangling = () => {
  const { new: revised } = documents([]);
  const responses = { '200': { $ref: '#/components/responses/Nowhere' } };
  return { ...revised, paths: { '/a': { get: { responses } } } };
};
