import {
  explain,
  expect,
  judges,
  lesson,
  type RunContext,
  runScript,
  type ScriptResult,
} from '@backend-labs/testkit';
import { Door, HELD_MS } from './support/forward.ts';
import { test } from './support/known-services.ts';

/** The ticket prints it. */
const REPRO_WITHIN_MS = 20_000;

function repro(run: RunContext, door: Door, port: number): Promise<ScriptResult> {
  return runScript('repro', {
    run,
    env: { SERVICE_URL: door.url, PROVIDER_PORT: String(port) },
    within: REPRO_WITHIN_MS,
  });
}

const outcome = ({ code }: ScriptResult): string => (code === 0 ? 'passed' : 'failed');

const said = ({ stdout, stderr }: ScriptResult): string => {
  const lines = [...stdout, ...stderr].filter((line) => /\S/u.test(line) && !/^\s+at /u.test(line));
  return lines.slice(-25).join('\n');
};

test(
  'the repro fails against the service as shipped',
  judges('1.1'),
  async ({ run, known, provider }) => {
    await using door = await Door.to(known.shipped.url, provider.line.atProvider);
    const result = await repro(run, door, provider.port);
    const deliveries = [...door.keys.values()];
    await explain(
      () => {
        expect(
          outcome(result),
          'npm run repro against the service that charged 63 customers twice, on a slow line',
        ).toBe('failed');
      },
      () => {
        const repeated = deliveries.filter(({ count }) => count > 1);
        const together = Math.max(0, ...repeated.map((each) => each.together));
        // A repro that held the provider made them overlap; what it lacks is something else.
        if (provider.line.held > 0) return;
        if (together > 1) {
          lesson('hope-for-the-race', {
            observed: `The test sent one key ${Math.max(...repeated.map(({ count }) => count))} times at once. On a line where the second request comes when the first was answered, or has been at the provider for ${HELD_MS} ms, it passed on the service that charges twice.`,
            meaning:
              'Two requests that are sent together overlap inside the service only with luck. The first is through in a few milliseconds, and on another machine, or another day, the test is green and the mistake is still there.',
            lookAt: 'what decides how long the first charge takes, and when the second may begin.',
          });
        }
        if (repeated.length > 0) {
          lesson('one-tap-after-another', {
            observed: `The test sent a key ${repeated[0]?.count} times, each time when the one before had been answered, and passed on the service that charges twice.`,
            meaning:
              'A key that is sent again afterwards finds the charge of the first. The customers of CS-9014 sent theirs while the first was still under way, when there was nothing to find yet.',
            lookAt: 'which two moments of two requests have to overlap.',
          });
        }
      },
    );
  },
);

test(
  'the repro passes against a service that keeps the house rules',
  judges('1.2'),
  async ({ run, known, provider }) => {
    await using door = await Door.to(known.honest.url, provider.line.atProvider);
    const result = await repro(run, door, provider.port);
    const repeated = [...door.keys.values()].find(({ count }) => count > 1);
    await explain(
      () => {
        expect(
          outcome(result),
          `npm run repro against a service that keeps the house rules, on the same slow line:\n${said(result)}`,
        ).toBe('passed');
      },
      () => {
        if (!repeated?.statuses.includes(409)) return;
        lesson('refuses-the-fix', {
          observed: `The service charged once. It answered ${repeated.statuses.join(' and ')} to the ${repeated.count} requests of one key, and the test failed.`,
          meaning:
            'The test asks for more than one charge for one key: for two successes, say, or for two calls to the provider. A service that is fixed sends the second request away with 409, so this test stays red whatever anybody fixes.',
          lookAt: 'which of your assertions a right service cannot meet.',
        });
      },
    );
  },
);

test(
  'the repro fails against a service that answers well and charges twice',
  judges('1.3'),
  async ({ run, known, provider }) => {
    await using door = await Door.to(known.twice.url);
    const result = await repro(run, door, provider.port);
    const { doubled } = known.twice;
    await explain(
      () => {
        expect(
          outcome(result),
          'npm run repro against a service whose answers are right and whose provider is charged twice when a key comes twice',
        ).toBe('failed');
      },
      () => {
        if (doubled === 0) return;
        lesson('looks-at-the-answers', {
          observed: `The provider was charged ${doubled + 1} times for one key, and the test passed.`,
          meaning:
            'What a service answers is what it believes. Here each answer was right, and the customer paid twice; the only witness is the provider.',
          lookAt: 'what the sandbox knows after both taps are answered.',
        });
      },
    );
  },
);
