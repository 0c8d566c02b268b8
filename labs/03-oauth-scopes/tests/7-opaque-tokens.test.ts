import {
  each,
  eventually,
  expect,
  explain,
  judges,
  lesson,
  type Reply,
} from '@backend-labs/testkit';
import { AUDIENCE, ISSUER } from './support/auth-server.ts';
import { ask, type Asked, expectOneOf, served, test } from './support/billing.ts';
import { type Members, now } from './support/jwt.ts';
import { commuter, invoices, member, type Person, tenantOf } from './support/people.ts';
import { GET, LET_THROUGH, LIST, REFUND, ROUTES } from './support/routes.ts';

const NEVER = '600000';

test(
  'an opaque token works like a JWT',
  judges('7.1'),
  async ({ auth, draw, postgres, service }) => {
    const person = member(draw, 'admin');
    const invoice = draw.pick(invoices(person.tenant)) ?? 0;
    const foreign = invoice - person.tenant + (person.tenant % 8) + 1;
    const opaque = auth.opaqueToken(person);
    await ask(service, opaque);
    if (auth.refusedClients > 0) {
      expect.fail(
        'The authorization server answered 401 to an introspection. It takes a POST with OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET as HTTP Basic authentication.',
      );
    }
    await each('routes', ROUTES, async (route) => {
      const { status } = await ask(service, opaque, route.ask(person.tenant, invoice));
      expectOneOf(LET_THROUGH, status, route.name);
    });
    const fired = member(draw, 'viewer');
    await postgres.query('UPDATE users SET disabled_at = now() WHERE id = $1', [fired.id]);
    const jti = draw.word(20);
    await postgres.query(
      `INSERT INTO token_revocations (jti, expires_at) VALUES ($1, now() + interval '1 hour')`,
      [jti],
    );
    const { away } = commuter(person.tenant);
    const list = LIST.ask(0, 0);
    const refundAway = REFUND.ask(away.tenant, draw.pick(invoices(away.tenant)) ?? 0);
    const refused: readonly (readonly [string, Person, Members, Asked, number])[] = [
      ['no scope', person, { scope: 'openid' }, list, 403],
      ['no scope claim', person, { scope: undefined }, list, 403],
      ['a role that is too low', away, {}, refundAway, 403],
      [`invoice ${foreign} of tenant ${tenantOf(foreign)}`, person, {}, GET.ask(0, foreign), 404],
      ['a disabled user', fired, {}, list, 401],
      ['a revoked jti', person, { jti }, list, 401],
    ];
    await each('requests', refused, async ([what, who, claims, asked, status]) => {
      const answer = await ask(service, auth.opaqueToken(who, claims), asked);
      await explain(
        () =>
          expect(answer.status, `status of a request with an opaque token and ${what}`).toBe(
            status,
          ),
        async () => {
          if (!served(answer)) return;
          const jwt = await ask(service, auth.token(who, { claims }), asked);
          if (jwt.status !== status) return;
          lesson('a-path-of-its-own', {
            observed: `A request with an opaque token and ${what} got ${answer.status}. With a JWT it got ${status}.`,
            meaning:
              'Opaque tokens take another way through the service, and the checks are on the first one only.',
            lookAt: 'where the two ways come together again.',
          });
        },
      );
    });
  },
);

test('a bad opaque token is refused', judges('7.2'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const ended = auth.opaqueToken(person);
  auth.revoke(ended);
  const tokens: readonly (readonly [string, string])[] = [
    ['that is not active', ended],
    ['that says nothing but active: false', auth.opaqueToken(person, { active: false })],
    ['for another API', auth.opaqueToken(person, { aud: 'mobile-bff' })],
    ['for several other APIs', auth.opaqueToken(person, { aud: ['mobile-bff', `${AUDIENCE}2`] })],
    ['of another issuer', auth.opaqueToken(person, { iss: `${ISSUER}/staging` })],
    ['that has ended', auth.opaqueToken(person, { exp: now() - 120 })],
    ['that ends a day from now', auth.opaqueToken(person, { exp: now() + 86_400 })],
    ['without an end', auth.opaqueToken(person, { exp: undefined })],
  ];
  await each('tokens', tokens, async ([what, token]) => {
    const answer = await ask(service, token);
    await explain(
      () => expect(answer.status, `status for an opaque token ${what}`).toBe(401),
      () => {
        if (!served(answer) || !what.includes('API')) return;
        lesson('active-for-somebody', {
          observed: `An opaque token ${what} got ${answer.status}.`,
          meaning:
            'The authorization server says that the token is active. It is, for another API: active does not say for whom.',
          lookAt: 'which members of the answer you compare with your settings.',
        });
      },
    );
  });
});

test('50 requests cost 1 introspection', judges('7.3'), async ({ auth, billing, draw }) => {
  await using service = await billing.with({ INTROSPECTION_CACHE_MS: NEVER }).start();
  const person = member(draw, 'admin');
  const token = auth.opaqueToken(person);
  const before = auth.introspections;
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(service, token)));
  const statuses = [...new Set(answers.map(({ status }) => status))];
  const atOnce = auth.introspections - before;
  await explain(
    async () => {
      expect(statuses, 'statuses of 50 requests').toEqual([200]);
      for (let request = 0; request < 5; request += 1) (await ask(service, token)).expect(200);
      const cost = auth.introspections - before;
      expect(cost, 'introspections for 55 requests with one opaque token').toBe(1);
    },
    () => {
      if (atOnce < 2) return;
      lesson('all-of-them-ask', {
        observed: `50 requests with one opaque token, all at the same time, cost ${atOnce} introspections.`,
        meaning:
          'An answer can be kept only when it is there. Requests that come before that find nothing, and each of them asks.',
        lookAt: 'what a request finds while another one is asking.',
      });
    },
  );
  (await ask(service, auth.token(person))).expect(200);
  expect(auth.introspections - before, 'introspections after a request with a JWT').toBe(1);
});

test('a revoked opaque token is refused', judges('7.4'), async ({ auth, billing, draw }) => {
  const cached = billing.with({ INTROSPECTION_CACHE_MS: '2000' });
  await using one = await cached.start();
  await using other = await cached.start();
  const token = auth.opaqueToken(member(draw, 'admin'));
  for (const instance of [one, other]) await ask(instance, token);
  auth.revoke(token);
  await each('instances', [one, other], async (instance) => {
    let last = 0;
    await explain(
      async () => {
        await eventually('a revoked opaque token to be refused', async () => {
          ({ status: last } = await ask(instance, token));
          return last === 401;
        });
      },
      () => {
        if (last !== 200) return;
        lesson('believed-for-ever', {
          observed: `10 s after it was revoked, with INTROSPECTION_CACHE_MS=2000, an opaque token still got ${last}.`,
          meaning:
            'An opaque token can be revoked because somebody asks about it. An answer that is kept until the token ends, or that lives longer each time it is used, takes that away.',
          lookAt: 'the moment from which the time of an answer is counted.',
        });
      },
    );
  });
});

const OUTAGES: readonly (readonly [string, Reply])[] = [
  ['503', { status: 503, body: { error: 'down' } }],
  ['a broken connection', 'reset'],
  ['200 and HTML', { body: '<html>' }],
];

test('an outage is 503', judges('7.5'), async ({ auth, draw, service }) => {
  await each('outages', OUTAGES, async ([what, reply]) => {
    const token = auth.opaqueToken(member(draw, 'admin'));
    {
      using down = auth.goDown();
      down.reply = reply;
      const before = auth.introspections;
      const { status } = await ask(service, token);
      await explain(
        () => expect(status, `status when the authorization server answers ${what}`).toBe(503),
        () => {
          if (status !== 401 || auth.introspections === before) return;
          lesson('not-known-is-not-no', {
            observed: `When the authorization server answered ${what}, a good token got 401.`,
            meaning:
              'Nobody said that the token is bad. A client that gets 401 throws its token away and asks the user to log in, at the very server that is down.',
            lookAt: 'which answers of that server are a no.',
          });
        },
      );
    }
    expect((await ask(service, token)).status, `status right after ${what}`).toBe(200);
  });
});
