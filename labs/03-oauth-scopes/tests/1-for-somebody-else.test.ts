import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  ServiceError,
} from '@backend-labs/testkit';
import { AUDIENCE, ISSUER } from './support/auth-server.ts';
import { ask, challenge, served, test } from './support/billing.ts';
import { now, tamper } from './support/jwt.ts';
import { member } from './support/people.ts';

/** What a token for something else may have in `aud`. The first is plainly another API's. */
const OTHER_AUDIENCES: readonly (readonly [string, unknown])[] = [
  ['"mobile-bff"', 'mobile-bff'],
  ['["mobile-bff"]', ['mobile-bff']],
  ['"billing-api-admin"', `${AUDIENCE}-admin`],
  ['"eu-billing-api"', `eu-${AUDIENCE}`],
  ['"billing"', 'billing'],
  ['["mobile-bff", "billing-api-admin"]', ['mobile-bff', `${AUDIENCE}-admin`]],
  ['an empty list', []],
  ['nothing', undefined],
];

test('a token for another API is refused', judges('1.1'), async ({ auth, draw, service }) => {
  await each('tokens', OTHER_AUDIENCES, async ([what, aud]) => {
    const answer = await ask(service, auth.token(member(draw, 'admin'), { claims: { aud } }));
    await explain(
      () => expect(answer.status, `status for a token with ${what} in aud`).toBe(401),
      async () => {
        if (!served(answer)) return;
        const observed = `A token with ${what} in aud got ${answer.status}.`;
        // No list or pattern has this one.
        const word = draw.word();
        const any = await ask(
          service,
          auth.token(member(draw, 'admin'), { claims: { aud: word } }),
        );
        if (served(any)) {
          lesson('undefined-audience', {
            observed: `${observed} One with "${word}" got ${any.status}. OAUTH_AUDIENCE is ${AUDIENCE}.`,
            meaning:
              'The verifier compared aud with nothing. A verifier checks the audience only if it has one to compare with, and an option without a value, such as audience: undefined in jsonwebtoken, turns the check off silently.',
            lookAt: 'which value the option has while the service runs, and where it comes from.',
          });
        }
        if (typeof aud === 'string' && aud.includes(AUDIENCE)) {
          lesson('audience-by-part', {
            observed: `${observed} OAUTH_AUDIENCE is ${AUDIENCE}.`,
            meaning:
              'The audience was found somewhere in aud, but it is not equal to it. A regular expression without anchors, includes and startsWith all compare a part.',
            lookAt: 'what the two texts are compared with.',
          });
        }
      },
    );
  });
});

const OTHER_ISSUERS: readonly (readonly [string, unknown])[] = [
  ['the staging system', 'https://staging-id.ledgerly.example'],
  ['its own issuer with a slash at the end', `${ISSUER}/`],
  ['an issuer below its own', `${ISSUER}/staging`],
  ['a host that begins like its own', `${ISSUER}.attacker.example`],
  ['a host that ends like its own', 'https://attacker.example/https://id.ledgerly.example'],
  ['nobody', undefined],
];

test('a token of another issuer is refused', judges('1.2'), async ({ auth, draw, service }) => {
  await each('tokens', OTHER_ISSUERS, async ([what, iss]) => {
    const answer = await ask(service, auth.token(member(draw, 'admin'), { claims: { iss } }));
    await explain(
      () => expect(answer.status, `status for a token issued by ${what}`).toBe(401),
      async () => {
        if (!served(answer) || typeof iss !== 'string') return;
        const observed = `A token with iss ${iss} got ${answer.status}. OAUTH_ISSUER is ${ISSUER}.`;
        const word = draw.word();
        const any = await ask(
          service,
          auth.token(member(draw, 'admin'), { claims: { iss: word } }),
        );
        if (served(any)) {
          lesson('undefined-issuer', {
            observed: `${observed} A token with iss ${word} got ${any.status}.`,
            meaning:
              'The verifier compared iss with nothing. The signature proves only which key signed, and two issuers may share their keys. An option without a value turns the check off silently.',
            lookAt: 'which value the option has while the service runs, and where it comes from.',
          });
        }
        lesson('issuer-by-part', {
          observed,
          meaning:
            'The two issuers have a part in common and are not equal. Anybody can register a host that begins with our name.',
          lookAt: 'how the two texts are compared.',
        });
      },
    );
  });
});

const SETTINGS = ['OAUTH_ISSUER', 'OAUTH_AUDIENCE', 'OAUTH_JWKS_URL'];

test('the service does not start without a setting', judges('1.3'), async ({ billing }) => {
  await each('settings', SETTINGS, async (name) => {
    // Empty rather than missing: a missing one may come from local.env.
    const outcome = await billing
      .with({ [name]: '' })
      .start()
      .catch((error: unknown) => error);
    if (outcome instanceof ServiceError && outcome.code === 'CRASHED_AT_START') {
      if (outcome.message.includes('code 0')) {
        expect.fail(`The service exited with code 0 with an empty ${name}.`);
      }
      return;
    }
    if (outcome instanceof Error) throw outcome;
    await (outcome as AsyncDisposable)[Symbol.asyncDispose]();
    expect.fail(`The service started with an empty ${name}.`);
  });
});

test('a refusal says why in WWW-Authenticate', judges('1.4'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const late = { claims: { exp: now() - 600, iat: now() - 1200 } };
  const refused: readonly (readonly [string, string])[] = [
    ['a token that has ended', auth.token(person, late)],
    ['a token with changed claims', tamper(auth.token(person), (claims) => ({ ...claims, x: 1 }))],
  ];
  await each('tokens', refused, async ([what, token]) => {
    const answer = await ask(service, token);
    expect(answer.status, `status for ${what}`).toBe(401);
    await explain(
      () =>
        expect(challenge(answer), `WWW-Authenticate for ${what}`).toMatch(
          /^Bearer\b.*\berror="?invalid_token\b/iu,
        ),
      () => nameless(answer),
    );
  });
  const answer = await service.get('/v1/invoices');
  expect(answer.status, 'status without a token').toBe(401);
  await explain(
    () => {
      expect(challenge(answer), 'WWW-Authenticate without a token').toMatch(/^Bearer\b/iu);
      expect(challenge(answer), 'WWW-Authenticate without a token').not.toMatch(/\berror=/iu);
    },
    () => nameless(answer),
  );
});

function nameless(answer: Answer): void {
  if (answer.headers['www-authenticate'] !== undefined) return;
  lesson('bare-401', {
    observed: `${answer.request} answered 401 without WWW-Authenticate.`,
    meaning:
      'A client cannot tell a token that has ended, which it can renew, from a request that lacks one, or from a wrong password. HTTP requires the header in every 401, and RFC 6750 says what is in it.',
    lookAt: 'where the service answers 401, and how many places that are.',
  });
}

test('a token for this API works', judges('1.5'), async ({ auth, draw, service }) => {
  const audiences = [AUDIENCE, [AUDIENCE], ['mobile-bff', AUDIENCE], [AUDIENCE, 'mobile-bff']];
  await each('tokens', audiences, async (aud) => {
    const answer = await ask(service, auth.token(member(draw, 'admin'), { claims: { aud } }));
    await explain(
      () => expect(answer.status, `status for a token with aud ${JSON.stringify(aud)}`).toBe(200),
      async () => {
        if (!Array.isArray(aud) || answer.status !== 401) return;
        if (!served(await ask(service, auth.token(member(draw, 'admin'))))) return;
        lesson('audience-is-a-list', {
          observed: `A token with aud ${JSON.stringify(aud)} got ${answer.status}. One with aud ${JSON.stringify(AUDIENCE)} works.`,
          meaning:
            'In a JWT, aud is a text or a list of texts. One token may be meant for several APIs; it is good here if this one is among them.',
          lookAt: 'how aud is compared when it is a list.',
        });
      },
    );
  });
});
