import {
  type Answer,
  Double,
  each,
  expect,
  explain,
  judges,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import { ask, served, test } from './support/billing.ts';
import {
  type Forgery,
  goodTokens,
  incomplete,
  otherAlgorithms,
  otherSigners,
  otherTimes,
  otherTypes,
} from './support/forgeries.ts';
import { newKey, published, tamper } from './support/jwt.ts';
import { member } from './support/people.ts';

/** Sends each of them; `diagnose` is asked about those that are served. */
async function expectRefused(
  service: StartedService,
  forgeries: readonly Forgery[],
  diagnose: (observed: string, forgery: Forgery, answer: Answer) => void | Promise<void> = () => {},
): Promise<void> {
  await each('forged tokens', forgeries, async (forgery) => {
    const answer = await ask(service, forgery.token);
    await explain(
      () => expect(answer.status, `status for a token with ${forgery.what}`).toBe(401),
      async () => {
        const observed = `A token with ${forgery.what} got ${answer.status}.`;
        if (served(answer)) await diagnose(observed, forgery, answer);
      },
    );
  });
}

/** Whether the service refuses changed claims under the signature of a good token. */
const checksSignatures = async (service: StartedService, good: string): Promise<boolean> =>
  !served(
    await ask(
      service,
      tamper(good, (claims) => ({ ...claims, changed: true })),
    ),
  );

test(
  'a token with another algorithm is refused',
  judges('2.1'),
  async ({ auth, draw, service }) => {
    const person = member(draw, 'admin');
    const forgeries = otherAlgorithms(auth, person);
    await expectRefused(service, draw.shuffle(forgeries), async (observed) => {
      if (!(await checksSignatures(service, auth.token(person)))) return;
      lesson('algorithm-from-the-token', {
        observed,
        meaning:
          'The token chose the algorithm that its signature was checked with. Until a token is verified, everything in it is the choice of its sender, the header included.',
        lookAt: 'where the list of algorithms for our keys comes from.',
      });
    });
  },
);

test(
  'a token that the key of its kid did not sign is refused',
  judges('2.2'),
  async ({ auth, draw, service }) => {
    const attacker = newKey();
    await using site = await Double.open(() => ({ body: { keys: [published(attacker)] } }));
    const person = member(draw, 'admin');
    const used = auth.token(person);
    (await ask(service, used)).expect(200);
    const forgeries = otherSigners(auth, person, { used, attacker, site: site.url });
    await expectRefused(service, draw.shuffle(forgeries), async (observed, { what }) => {
      if (!what.includes('jwk') && !what.includes('jku')) return;
      if (!(await checksSignatures(service, auth.token(person)))) return;
      lesson('key-from-the-token', {
        observed: `${observed} The attacker's site was asked ${site.requests.length} times.`,
        meaning:
          'A token that brings its own key is always signed rightly. The signature says something only if the key comes from a place that you chose.',
        lookAt: 'which parts of the header decide where the key comes from.',
      });
    });
    expect(site.requests.length, "requests to the attacker's site").toBe(0);
  },
);

test('a token of another type is refused', judges('2.3'), async ({ auth, draw, service }) => {
  const forgeries = otherTypes(auth, member(draw, 'admin'));
  await expectRefused(service, draw.shuffle(forgeries), (observed, { what }) => {
    // Where a typ like ours is let through, typ is looked at, and not well.
    if (what.startsWith('crit') || what.includes('at+jwt')) return;
    lesson('id-token-as-access-token', {
      observed,
      meaning:
        'An ID token tells the client which user has logged in. It has the same issuer and the same key as an access token, and a client passes it around freely. Only typ tells the two apart, and jsonwebtoken does not look at it.',
      lookAt: 'which parts of the header are checked at all.',
    });
  });
});

test('a token out of its time is refused', judges('2.4'), async ({ auth, draw, service }) => {
  const forgeries = otherTimes(auth, member(draw, 'admin'));
  await expectRefused(service, forgeries, (observed, { what }) => {
    if (what === 'no exp') {
      lesson('never-ends', {
        observed,
        meaning:
          'A token that does not say when it ends is good for ever. jsonwebtoken compares exp with the time only if the token has one.',
        lookAt: 'which claims must be there at all.',
      });
    }
    if (what.includes('milliseconds') || what.includes('a day')) {
      lesson('ends-some-day', {
        observed,
        meaning:
          'Its end lies further ahead than our server ever puts it: a time in milliseconds, read as seconds, is some 57,000 years away. That it is not over yet proves little.',
        lookAt: 'what the table says of exp besides that it is not over.',
      });
    }
  });
});

test('a token that lacks a claim is refused', judges('2.5'), async ({ auth, draw, service }) => {
  const forgeries = incomplete(auth, member(draw, 'admin'));
  await expectRefused(service, draw.shuffle(forgeries), (observed) => {
    lesson('claims-taken-for-granted', {
      observed,
      meaning:
        'A good signature says who wrote the claims, not which ones are there. A type in TypeScript that says so is a promise that nobody checked, and undefined then goes into queries and comparisons.',
      lookAt: 'what stands between the payload and the type of the claims.',
    });
  });
});

test('a token that breaks no rule works', judges('2.6'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const good = goodTokens(auth, person);
  await each('good tokens', draw.shuffle(good), async ({ what, token }) => {
    const answer = await ask(service, token);
    await explain(
      () => expect(answer.status, `status for a token with ${what}`).toBe(200),
      async () => {
        if (!what.startsWith('typ') || answer.status !== 401) return;
        if (!served(await ask(service, auth.token(person)))) return;
        lesson('typ-by-spelling', {
          observed: `A token with ${what} got ${answer.status}. One with typ at+jwt works.`,
          meaning:
            'typ is a media type: capitals do not matter, and application/ in front may be left out. Another issuer, or a new version of our own, writes it another way.',
          lookAt: 'RFC 7515, section 4.1.9.',
        });
      },
    );
  });
});
