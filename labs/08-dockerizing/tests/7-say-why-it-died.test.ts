import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, expect, explain, judges, lesson } from '@backend-labs/testkit';
import { test as base } from '@backend-labs/testkit';

/** One entry of `incidents/diagnosis.json`. */
interface Diagnosis {
  readonly exitCode?: unknown;
  readonly cause?: unknown;
  readonly evidence?: unknown;
}

/** What the same container says here. */
interface Death {
  readonly exitCode: number;
  /** Its log, and its state as `docker inspect` prints it. */
  readonly text: string;
}

const ENDED_MS = 15_000;

const test = base
  .extend('diagnosis', { scope: 'file' }, async ({ run }) => {
    const text = await readFile(join(run.target, 'incidents/diagnosis.json'), 'utf8');
    return JSON.parse(text) as Record<string, Diagnosis | undefined>;
  })
  // As the lab ships it, whatever the learner has changed to try things out.
  .extend('die', { scope: 'file' }, ({ cleanup, images, run }) => async (name: string) => {
    const { image } = await images.build(join(run.labDir, 'incidents', name));
    cleanup.use(image);
    const container = cleanup.use(await images.run(image, { network: 'none' }));
    if (name === 'worker') {
      await eventually('the worker to wait for jobs', async () =>
        (await container.logs()).some((line) => line.includes('waiting')),
      );
      await images.call('stop', '--time', '1', container.id);
    }
    const exit = await container.exit(ENDED_MS);
    const state = await images.call('inspect', '--format', '{{json .State}}', container.id);
    const text = [...(await container.logs()), state].join('\n');
    return { exitCode: exit?.code ?? -1, text } satisfies Death;
  });

test('the death of the worker is explained', judges('7.1'), async ({ diagnosis, die }) => {
  const said = diagnosis['worker'];
  const death = await die('worker');
  await explain(
    () => compare(said, death, 'killed-after-sigterm', /"OOMKilled":\s*false/u),
    () => {
      if (said?.cause !== 'out-of-memory') return;
      lesson('137-has-two-readings', {
        observed: `The worker is said to have run out of memory. Its exit code is ${death.exitCode}, and the engine's state of it says "OOMKilled":false.`,
        meaning:
          '137 is 128 + 9: something sent SIGKILL. The kernel does that when the memory is used up, and the engine does that when a container still runs some seconds after SIGTERM. The exit code is the same; the state is not.',
        lookAt: '`docker inspect` of the stopped container, and what worker.js does on SIGTERM',
      });
    },
  );
});

test('the death of the exporter is explained', judges('7.2'), async ({ diagnosis, die }) => {
  const said = diagnosis['exporter'];
  const death = await die('exporter');
  await explain(
    () => compare(said, death, 'no-permission', /EACCES/u),
    () => {
      if (said?.cause !== 'bug') return;
      lesson('it-ran-as-somebody-else', {
        observed:
          'The exporter is said to have a bug, because an exception ended it. The exception is EACCES for /exports/labels.csv.',
        meaning:
          'The same program does its work for a user that may write this folder. The kernel refused it, because of the user of the image and the owner of the folder. Both are in the Dockerfile and not in the program.',
        lookAt: 'the user that USER names, and the user that RUN mkdir ran as',
      });
    },
  );
});

test('the death of the reporter is explained', judges('7.3'), async ({ diagnosis, die }) => {
  const said = diagnosis['reporter'];
  const death = await die('reporter');
  await explain(
    () => compare(said, death, 'own-loopback', /127\.0\.0\.1|localhost/u),
    () => {
      if (said?.cause !== 'database-down') return;
      lesson('whose-localhost', {
        observed:
          'The database is said to be down. The reporter asked 127.0.0.1:5432, which is the loopback of its own container.',
        meaning:
          'ECONNREFUSED says that nobody listens at this address. In a container, localhost is the container itself, so the answer tells nothing about the database, which runs elsewhere.',
        lookAt: 'the address in the message, and where it comes from',
      });
    },
  );
});

/** The cause, the exit code, and a piece of evidence that the container itself shows. */
function compare(said: Diagnosis | undefined, death: Death, cause: string, proof: RegExp): void {
  const { evidence } = said ?? {};
  const text = typeof evidence === 'string' ? evidence : '';
  expect({ exitCode: said?.exitCode, cause: said?.cause }, 'the diagnosis').toEqual({
    exitCode: death.exitCode,
    cause,
  });
  expect(text.length, 'characters of evidence').toBeGreaterThanOrEqual(10);
  expect(death.text.includes(text), 'the evidence is in the log or the state').toBe(true);
  expect(proof.test(text), 'the evidence shows this cause').toBe(true);
}
