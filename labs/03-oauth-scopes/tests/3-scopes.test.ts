import { each, expect, explain, judges, lesson } from '@backend-labs/testkit';
import { ALL_SCOPES } from './support/auth-server.ts';
import { ask, challenge, expectOneOf, test } from './support/billing.ts';
import { absentInvoice, invoices, member } from './support/people.ts';
import { GET, LET_THROUGH, PATCH, REFUND, ROUTES, type Route, USAGE } from './support/routes.ts';

interface Case {
  readonly route: Route;
  readonly scope: unknown;
}

const show = ({ route, scope }: Case): string =>
  `${route.name} with ${scope === undefined ? 'no scope' : `scope ${JSON.stringify(scope)}`}`;

const others = (scope: string): string =>
  ALL_SCOPES.split(' ')
    .filter((one) => one !== scope)
    .join(' ');

const cases = (scopesFor: (scope: string) => readonly unknown[]): Case[] =>
  ROUTES.flatMap((route) => scopesFor(route.scope).map((scope) => ({ route, scope })));

const ENOUGH = cases((scope) => [
  scope,
  `openid ${scope}`,
  `${scope} profile`,
  `openid ${scope} ${others(scope)}`,
  `${others(scope)} ${scope}`,
]);

test('a token with the scope passes', judges('3.1'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const invoice = draw.pick(invoices(person.tenant)) ?? 0;
  await each('requests', draw.shuffle(ENOUGH), async (input) => {
    const token = auth.token(person, { claims: { scope: input.scope } });
    const { status } = await ask(service, token, input.route.ask(person.tenant, invoice));
    await explain(
      () => expectOneOf(LET_THROUGH, status, show(input)),
      async () => {
        const { route } = input;
        const passes = async (scope: string): Promise<boolean> => {
          const changed = auth.token(person, { claims: { scope } });
          const again = await ask(service, changed, route.ask(person.tenant, invoice));
          return LET_THROUGH.includes(again.status);
        };
        if (status !== 403 || !(await passes(route.scope))) return;
        const [other = ''] = others(route.scope).split(' ');
        const first = await passes(`${route.scope} ${other}`);
        const last = await passes(`${other} ${route.scope}`);
        if (!first && !last) {
          lesson('scope-is-a-list', {
            observed: `${show(input)} got 403. With scope "${route.scope}" alone it passes.`,
            meaning: 'scope is a list of scopes in one text. Here it was compared as a whole.',
            lookAt: 'what you compare with the scope that the route needs.',
          });
        }
        const known = String(input.scope).replaceAll(/openid|profile/gu, other);
        if (known === input.scope || !(await passes(known))) return;
        lesson('unknown-scopes-refused', {
          observed: `${show(input)} got 403. With scope "${known}" it passes.`,
          meaning:
            'A scope that the service does not know took away one that it knows. One token can carry scopes for several APIs, and new ones are added without asking all of them.',
          lookAt: 'what the service does with scopes that no route of its own needs.',
        });
      },
    );
  });
});

const LOOKALIKES = cases((scope) => [
  '',
  others(scope),
  `${scope}only`,
  `${scope}:all`,
  `x${scope}`,
  scope.toUpperCase(),
  scope.slice(0, -1),
  scope.split(':')[0],
  scope.replace(':', '.'),
  `openid,${scope}`,
  `${scope}-${scope}`,
  '*',
]);

test('a scope is compared whole', judges('3.2'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const invoice = draw.pick(invoices(person.tenant)) ?? 0;
  await each('requests', LOOKALIKES, async (input) => {
    const { route, scope } = input;
    const token = auth.token(person, { claims: { scope } });
    const { status } = await ask(service, token, route.ask(person.tenant, invoice));
    await explain(
      () => expect(status, `status of ${show(input)}`).toBe(403),
      async () => {
        if (!LET_THROUGH.includes(status)) return;
        const observed = `${show(input)} got ${status}. The route needs ${route.scope}.`;
        const login = auth.token(person, { claims: { scope: 'openid' } });
        const any = await ask(service, login, route.ask(person.tenant, invoice));
        if (LET_THROUGH.includes(any.status)) {
          lesson('route-without-scope', {
            observed: `${observed} With scope "openid" it got ${any.status}.`,
            meaning:
              'This route does not ask for its scope. A check that each route has to remember is forgotten by one of them.',
            lookAt: 'the table of routes, line by line, beside the code that sets them up.',
          });
        }
        if (typeof scope === 'string' && scope.includes(route.scope)) {
          lesson('scope-by-substring', {
            observed,
            meaning:
              'The text contains the needed scope, but none of its scopes is equal to it. Scopes are words with spaces between them, and somebody else may choose a word that contains our word.',
            lookAt: 'whether scope is a text or a list when you search it.',
          });
        }
      },
    );
  });
});

test('a 403 names the missing scope', judges('3.3'), async ({ auth, draw, service }) => {
  const person = member(draw, 'admin');
  const invoice = draw.pick(invoices(person.tenant)) ?? 0;
  await each('routes', ROUTES, async (route) => {
    const token = auth.token(person, { claims: { scope: 'openid' } });
    const answer = await ask(service, token, route.ask(person.tenant, invoice));
    expect(answer.status, `status of ${route.name} with scope "openid"`).toBe(403);
    const what = `WWW-Authenticate of ${route.name} with scope "openid"`;
    await explain(
      () => {
        expect(challenge(answer), what).toMatch(/^Bearer\b.*\berror="?insufficient_scope\b/iu);
        expect(challenge(answer), what).toContain(`scope="${route.scope}"`);
      },
      () => {
        if (challenge(answer) !== '') return;
        lesson('nameless-scope', {
          observed: `${route.name} answered 403 without WWW-Authenticate.`,
          meaning:
            'A client that lacks a scope can ask the user for it, if it learns which one. Without the header it cannot tell this from a role that is too low, which no new token changes.',
          lookAt: 'RFC 6750, section 3.1, and where you answer 403.',
        });
      },
    );
  });
});

const NO_SCOPES = cases((scope) => [undefined, null, 7, [scope], { [scope]: true }, true]);

test(
  'a token without a scope text has no scopes',
  judges('3.4'),
  async ({ auth, draw, service }) => {
    const person = member(draw, 'admin');
    const invoice = draw.pick(invoices(person.tenant)) ?? 0;
    await each('requests', NO_SCOPES, async (input) => {
      const { route, scope } = input;
      const token = auth.token(person, { claims: { scope } });
      const { status } = await ask(service, token, route.ask(person.tenant, invoice));
      await explain(
        () => expect(status, `status of ${show(input)}`).toBe(403),
        async () => {
          if (scope !== undefined || !LET_THROUGH.includes(status)) return;
          const login = auth.token(person, { claims: { scope: 'openid' } });
          const some = await ask(service, login, route.ask(person.tenant, invoice));
          if (some.status !== 403) return;
          lesson('no-scope-means-all', {
            observed: `${show(input)} got ${status}. With scope "openid" it got 403.`,
            meaning:
              'What is absent was taken for permission. A token for logging in carries no scope at all, and so it may do everything here.',
            lookAt: 'what the check makes of a claim that is not there.',
          });
        },
      );
    });
  },
);

test(
  'the answer without a scope does not depend on the object',
  judges('3.5'),
  async ({ auth, draw, service }) => {
    const person = member(draw, 'admin');
    const there = draw.pick(invoices(person.tenant)) ?? 0;
    const token = auth.token(person, { claims: { scope: 'openid' } });
    await each('routes', [GET, PATCH, REFUND, USAGE], async (route) => {
      const present = await ask(service, token, route.ask(person.tenant, there));
      const absent = absentInvoice(draw);
      const missing = await ask(service, token, route.ask(absent, absent));
      const statuses = { present: present.status, absent: missing.status };
      await explain(
        () =>
          expect(
            statuses,
            `statuses of ${route.name} for an id that is there and one that is not`,
          ).toEqual({
            present: 403,
            absent: 403,
          }),
        () => {
          if (present.status !== 403 || missing.status !== 404) return;
          lesson('looks-before-it-asks', {
            observed: `Without the scope, ${route.name} answered 403 for an id that exists and 404 for one that does not.`,
            meaning:
              'The id was looked at before the scope. A client that may read nothing can find out which ids exist.',
            lookAt: 'the order of the two checks.',
          });
        },
      );
    });
  },
);
