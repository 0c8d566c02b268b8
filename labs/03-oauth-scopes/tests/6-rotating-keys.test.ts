import { randomUUID } from 'node:crypto';
import {
  each,
  eventually,
  expect,
  explain,
  happens,
  judges,
  lesson,
  type Reply,
} from '@backend-labs/testkit';
import { ask, test } from './support/billing.ts';
import { newKey } from './support/jwt.ts';
import { member } from './support/people.ts';

// What a test is not about does not happen within it.
const NEVER = '600000';

/** A service that gives up a fetch after a second gets its keys all the same. */
const HELD_MS = 700;

const OUTAGES: readonly (readonly [string, Reply])[] = [
  ['503', { status: 503, body: { error: 'down' } }],
  ['500 and no keys', { status: 500, body: { keys: [] } }],
  ['a broken connection', 'reset'],
  ['200 and HTML', { body: '<html>' }],
];

test('100 requests cost at most 2 fetches', judges('6.1'), async ({ auth, billing, draw }) => {
  await using service = await billing.with({ JWKS_COOLDOWN_MS: NEVER }).start();
  const token = auth.token(member(draw, 'viewer'));
  const before = auth.fetches;
  const rounds = Array.from({ length: 5 }, (_, round) => round);
  /** The keys come when each of the first 20 has asked for them, if it does. */
  const keysComeLate = async (): Promise<void> => {
    using _held = auth.holdKeys();
    await happens(() => auth.fetches - before >= 20, { within: HELD_MS });
  };
  await each('rounds', rounds, async (round) => {
    const [, answers] = await Promise.all([
      round === 0 && keysComeLate(),
      Promise.all(Array.from({ length: 20 }, () => ask(service, token))),
    ]);
    const statuses = [...new Set(answers.map(({ status }) => status))];
    expect(statuses, 'statuses of 20 requests').toEqual([200]);
  });
  const fetches = auth.fetches - before;
  await explain(
    () => expect(fetches, 'fetches of the keys for 100 requests').toBeLessThanOrEqual(2),
    () => {
      // A fetch in each round may come from a timer.
      if (fetches <= rounds.length) return;
      lesson('a-fetch-a-request', {
        observed: `100 requests fetched the keys ${fetches} times.`,
        meaning:
          'Keys change once a day, and they are fetched for every request, or by all requests that come before the first fetch is done. The other server now carries all of our traffic, and we stop when it does.',
        lookAt: 'what can be kept, and what 20 requests do that come at the same moment.',
      });
    },
  );
});

test('a new key works without a restart', judges('6.2'), async ({ auth, billing, draw }) => {
  await using service = await billing
    .with({ JWKS_COOLDOWN_MS: '300', JWKS_MAX_AGE_MS: NEVER })
    .start();
  const person = member(draw, 'viewer');
  const before = auth.fetches;
  expect((await ask(service, auth.token(person))).status, 'status with the old key').toBe(200);
  const key = newKey();
  using _published = auth.publish(key);
  const token = auth.token(person, { header: { kid: key.kid } }, key);
  await explain(
    async () => {
      await eventually('a token with the new key to work', async () => {
        return (await ask(service, token)).status === 200;
      });
    },
    () => {
      const fetches = auth.fetches - before;
      if (fetches > 1) return;
      lesson('keys-once', {
        observed: `10 s after a new key was published, with JWKS_COOLDOWN_MS=300, its tokens do not work. The keys were fetched ${fetches} time.`,
        meaning:
          'The keys of the start are the keys until somebody restarts the service. In the night in which the issuer changes them, everybody is locked out.',
        lookAt: 'what an unknown kid can mean, besides a forgery.',
      });
    },
  );
});

test('made-up kids cost at most 2 fetches', judges('6.3'), async ({ auth, billing, draw }) => {
  await using service = await billing
    .with({ JWKS_COOLDOWN_MS: NEVER, JWKS_MAX_AGE_MS: NEVER })
    .start();
  const person = member(draw, 'viewer');
  const before = auth.fetches;
  expect((await ask(service, auth.token(person))).status, 'status with a known key').toBe(200);
  const tokens = Array.from({ length: 200 }, () =>
    auth.token(person, { header: { kid: randomUUID() } }),
  );
  await each('tokens', tokens, async (token) => {
    expect((await ask(service, token)).status, 'status with a made-up kid').toBe(401);
  });
  const fetches = auth.fetches - before;
  await explain(
    () => expect(fetches, 'fetches of the keys for 200 made-up kids').toBeLessThanOrEqual(2),
    () => {
      if (fetches < 100) return;
      lesson('refetch-on-unknown-kid', {
        observed: `200 tokens with made-up kids fetched the keys ${fetches} times.`,
        meaning:
          'The sender of a token chooses its kid. Each unknown one was worth a fetch, so a stranger without any key makes us call the authorization server as often as he likes.',
        lookAt: 'how soon after a fetch another one can bring something new.',
      });
    },
  );
});

test(
  'known keys work while the keys cannot be fetched',
  judges('6.4'),
  async ({ auth, billing, draw }) => {
    await using service = await billing
      .with({ JWKS_COOLDOWN_MS: '1', JWKS_MAX_AGE_MS: NEVER })
      .start();
    const person = member(draw, 'viewer');
    const before = auth.fetches;
    for (let request = 0; request < 5; request += 1) {
      expect((await ask(service, auth.token(person))).status, 'status before').toBe(200);
    }
    const keeps = auth.fetches - before < 5;
    using down = auth.goDown();
    await each('outages', OUTAGES, async ([, outage]) => {
      down.reply = outage;
      // It may make the service look for the keys.
      const unknown = auth.token(person, { header: { kid: randomUUID() } });
      expect((await ask(service, unknown)).status, 'status with an unknown key').not.toBe(200);
      const { status } = await ask(service, auth.token(person));
      await explain(
        () => expect(status, 'status with a known key').toBe(200),
        () => {
          if (!keeps) return;
          lesson('outage-locks-everybody-out', {
            observed: `While the keys could not be fetched, a token with a key that the service had fetched before got ${status}.`,
            meaning:
              'The service let go of the keys that it had before it had new ones. An outage of the other server is now our outage, and anybody can start it with an unknown kid.',
            lookAt: 'when the old keys are given up.',
          });
        },
      );
    });
  },
);

test('a key that is gone stops working', judges('6.5'), async ({ auth, billing, draw }) => {
  await using service = await billing
    .with({ JWKS_COOLDOWN_MS: '100', JWKS_MAX_AGE_MS: '300' })
    .start();
  const person = member(draw, 'viewer');
  const key = newKey();
  const publication = auth.publish(key);
  const token = auth.token(person, { header: { kid: key.kid } }, key);
  await eventually('a token with the key to work', async () => {
    return (await ask(service, token)).status === 200;
  });
  publication[Symbol.dispose]();
  const before = auth.fetches;
  await explain(
    () =>
      eventually('a token with the key to be refused', async () => {
        return (await ask(service, token)).status === 401;
      }).then(() => {}),
    async () => {
      const { status } = await ask(service, token);
      if (status !== 200 || auth.fetches > before) return;
      lesson('keys-for-ever', {
        observed: `10 s after its key was withdrawn, with JWKS_MAX_AGE_MS=300, a token still got ${status}. The keys were not fetched in that time.`,
        meaning:
          'A key is withdrawn when somebody has stolen it. What was fetched once and found since is never looked up again.',
        lookAt: 'what makes the service fetch the keys when no kid is unknown.',
      });
    },
  );
});

test(
  'an unknown key is 503 while the keys cannot be fetched',
  judges('6.6'),
  async ({ auth, billing, draw }) => {
    await using service = await billing
      .with({ JWKS_COOLDOWN_MS: '1', JWKS_MAX_AGE_MS: NEVER })
      .start();
    const person = member(draw, 'viewer');
    expect((await ask(service, auth.token(person))).status, 'status with a known key').toBe(200);
    const key = newKey();
    using _published = auth.publish(key);
    const token = auth.token(person, { header: { kid: key.kid } }, key);
    using down = auth.goDown();
    await each('outages', OUTAGES, async ([what, reply]) => {
      down.reply = reply;
      const before = auth.fetches;
      const { status } = await ask(service, token);
      await explain(
        () => expect(status, `status when the fetch of the keys gets ${what}`).toBe(503),
        () => {
          if (status !== 401 || auth.fetches === before) return;
          lesson('not-known-is-not-no', {
            observed: `The service fetched the keys for a token with a new key and got ${what}. It refused the token with 401.`,
            meaning:
              'Nobody said that the token is bad. A client that gets 401 throws its token away and asks the user to log in, at the very server that is down.',
            lookAt: 'what your code does with a fetch that failed.',
          });
        },
      );
    });
  },
);
