import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import { ask, challenge, expectOneOf, served, test as base } from './support/billing.ts';
import { commuter, invoices, member, paidInvoices, type Person, ROLES } from './support/people.ts';
import { LET_THROUGH, LIST, PATCH, REFUND, ROUTES, USAGE } from './support/routes.ts';
import { addUser, setRole } from './support/rows.ts';

/** `service` and `second` are two instances on one database. */
const test = base.extend('second', { scope: 'file' }, async ({ billing, cleanup, file }) => {
  return cleanup.use(await file.once('second', () => billing.start()));
});

const rank = (role: (typeof ROLES)[number]): number => ROLES.indexOf(role);

test('the role in the tenant decides', judges('5.1'), async ({ auth, draw, service }) => {
  const { home, away } = commuter(draw.int(1, 8));
  const people = [...ROLES.map((role) => member(draw, role)), home, away];
  const requests = people.flatMap((person) => ROUTES.map((route) => ({ person, route })));
  await each('requests', requests, async ({ person, route }) => {
    const invoice = draw.pick(invoices(person.tenant)) ?? 0;
    const { status } = await ask(service, auth.token(person), route.ask(person.tenant, invoice));
    const what = `${route.name} by ${person.id}, ${person.role} of tenant ${person.tenant}`;
    const allowed = rank(person.role) >= rank(route.role);
    await explain(
      () => expectOneOf(allowed ? LET_THROUGH : [403], status, what),
      () => {
        if (person !== away || allowed || !LET_THROUGH.includes(status)) return;
        lesson('role-somewhere-else', {
          observed: `${what} and admin of tenant ${home.tenant}, got ${status}.`,
          meaning:
            'The role came from another tenant of the same user. A role belongs to a user and a tenant together.',
          lookAt: 'by which columns the membership is found.',
        });
      },
    );
  });
});

function roleAtLogin(observed: string): never {
  lesson('role-at-login', {
    observed,
    meaning:
      'The role came from the token. It was true at login, and the token says it for as long as it lives.',
    lookAt: 'where the check of the role gets it from.',
  });
}

test(
  'a role counts as it is in the database',
  judges('5.2'),
  async ({ auth, draw, postgres, second, service }) => {
    const instances = [service, second];
    const demoted = member(draw, 'admin', 1);
    const promoted = member(draw, 'viewer', 2);
    // No instance has seen this user: whatever it believes of the role, it has from the token.
    const fresh: Person = { id: draw.word(), tenant: 3, role: 'admin' };
    await addUser(postgres, fresh.id);
    const refund = (instance: StartedService, person: Person): Promise<Answer> => {
      const invoice = draw.pick(paidInvoices(person.tenant)) ?? 0;
      return ask(instance, auth.token(person), REFUND.ask(person.tenant, invoice));
    };
    for (const instance of instances) {
      for (const person of [demoted, promoted]) await refund(instance, person);
    }
    await setRole(postgres, fresh, 'viewer');
    await setRole(postgres, demoted, 'accountant');
    await setRole(postgres, promoted, 'admin');
    await each('instances', instances, async (instance) => {
      const lowered = await refund(instance, fresh);
      await explain(
        () => expect(lowered.status, 'status of a refund by a viewer who was an admin').toBe(403),
        () => {
          if (!LET_THROUGH.includes(lowered.status)) return;
          roleAtLogin(
            `A refund by ${fresh.id} got ${lowered.status}: admin in the token, viewer in the database.`,
          );
        },
      );
      const after = await refund(instance, demoted);
      await explain(
        () =>
          expect(after.status, 'status of a refund by an accountant who was an admin').toBe(403),
        () => {
          if (!LET_THROUGH.includes(after.status)) return;
          lesson('roles-remembered', {
            observed: `A refund by ${demoted.id} got ${after.status} after the role was lowered. A refund by ${fresh.id}, whom the service had not seen before, got ${lowered.status}.`,
            meaning:
              'The service remembers a role that it has read. Until it forgets, a user keeps what was taken away, on each instance for another time.',
            lookAt: 'what may be kept between two requests, and for how long the ticket allows it.',
          });
        },
      );
      const raised = await refund(instance, promoted);
      expectOneOf(LET_THROUGH, raised.status, 'a refund by a new admin');
    });
  },
);

test(
  'a user who is not a member gets 403',
  judges('5.3'),
  async ({ auth, draw, postgres, second, service }) => {
    const stranger: Person = { id: draw.word(), tenant: 5, role: 'admin' };
    await addUser(postgres, stranger.id);
    const elsewhere: Person = { id: member(draw, 'admin', 4).id, tenant: 5, role: 'admin' };
    const leaver = member(draw, 'admin', 6);
    for (const instance of [service, second]) await ask(instance, auth.token(leaver));
    await setRole(postgres, leaver, undefined);
    const people = [
      { person: stranger, who: 'a user who never was a member' },
      { person: elsewhere, who: 'an admin of another tenant' },
      { person: leaver, who: 'a former member' },
    ];
    const requests = [service, second].flatMap((instance) =>
      people.flatMap(({ person, who }) =>
        // What changes most comes first.
        [REFUND, PATCH, USAGE, LIST].map((route) => ({ instance, person, who, route })),
      ),
    );
    await each('requests', requests, async ({ instance, person, who, route }) => {
      const invoice = draw.pick(paidInvoices(person.tenant)) ?? 0;
      const answer = await ask(instance, auth.token(person), route.ask(person.tenant, invoice));
      const what = `${route.name} by ${who}`;
      await explain(
        () => expectOneOf([403], answer.status, what),
        () => {
          if (!served(answer) || person !== stranger) return;
          const observed = `${what} got ${answer.status}. The token says admin, and memberships has no row.`;
          if (route !== LIST) roleAtLogin(observed);
          lesson('guest-is-viewer', {
            observed,
            meaning:
              'A user without a role was taken for one with the lowest. No row means no rights, and a default turns it into some.',
            lookAt: 'what the code makes of a membership that is not there.',
          });
        },
      );
    });
  },
);

test(
  'a token of a disabled or unknown user is refused',
  judges('5.4'),
  async ({ auth, draw, postgres, second, service }) => {
    const fired = member(draw, 'admin', 7);
    const unknown: Person = { id: draw.word(), tenant: 7, role: 'admin' };
    const instances = [service, second];
    for (const instance of instances) {
      expect((await ask(instance, auth.token(fired))).status, 'status before').toBe(200);
    }
    await postgres.query('UPDATE users SET disabled_at = now() WHERE id = $1', [fired.id]);
    const requests = instances.flatMap((instance) =>
      [fired, unknown].map((person) => ({ instance, person })),
    );
    await each('requests', requests, async ({ instance, person }) => {
      const answer = await ask(instance, auth.token(person));
      const who = person === fired ? 'a disabled user' : 'a user who is not in users';
      await explain(
        () => expectRefused(answer, `a token of ${who}`),
        () => {
          if (!served(answer) || person !== fired) return;
          lesson('fired-but-served', {
            observed: `GET /v1/invoices by ${fired.id} got ${answer.status} after disabled_at was set.`,
            meaning:
              'Nobody looked at the user. The authorization server will give out no new token, but this one is good until it ends.',
            lookAt: 'which of the tables that can end an access the request reads.',
          });
        },
      );
    });
  },
);

function expectRefused(answer: Answer, what: string): void {
  expect(
    { status: answer.status, challenge: challenge(answer) },
    `status and WWW-Authenticate for ${what}`,
  ).toEqual({
    status: 401,
    challenge: expect.stringMatching(/^Bearer\b.*\berror="?invalid_token\b/iu) as string,
  });
}

test(
  'a revoked token is refused',
  judges('5.5'),
  async ({ auth, draw, postgres, second, service }) => {
    const person = member(draw, 'admin', 8);
    const [stolen, other] = [draw.word(20), draw.word(20)];
    const tokenOf = (jti: string): string => auth.token(person, { claims: { jti } });
    const tokens = { stolen: tokenOf(stolen), other: tokenOf(other) };
    for (const instance of [service, second]) {
      expect((await ask(instance, tokens.stolen)).status, 'status before').toBe(200);
    }
    await postgres.query(
      `INSERT INTO token_revocations (jti, expires_at) VALUES ($1, now() + interval '1 hour')`,
      [stolen],
    );
    await each('instances', [service, second], async (instance) => {
      expectRefused(await ask(instance, tokens.stolen), 'a token in token_revocations');
      expect((await ask(instance, tokens.other)).status, 'status for another token').toBe(200);
    });
  },
);

test(
  'a token is refused everywhere after its logout',
  judges('5.6'),
  async ({ auth, billing, draw, second, service }) => {
    const person = member(draw, 'viewer', 8);
    const [ended, other] = [auth.token(person), auth.token(person)];
    const goodbye = await ask(service, ended, { method: 'POST', path: '/v1/logout' });
    expect(goodbye.status, 'status of POST /v1/logout').toBe(204);
    await using later = await billing.start();
    const instances = [
      { instance: service, which: 'the instance that was asked' },
      { instance: second, which: 'another instance' },
      { instance: later, which: 'an instance that was started later' },
    ];
    await each('instances', instances, async ({ instance, which }) => {
      const answer = await ask(instance, ended);
      await explain(
        () => expectRefused(answer, `the token at ${which}`),
        async () => {
          if (!served(answer) || instance === service) return;
          const { status } = await ask(service, ended);
          if (status !== 401) return;
          lesson('revoked-in-memory', {
            observed: `After POST /v1/logout, the instance that was asked answered ${status}, and ${which} answered ${answer.status}.`,
            meaning:
              'The token was given up in the memory of one process. The next request may go to another, and a restart forgets it.',
            lookAt: 'what all instances share.',
          });
        },
      );
      expect((await ask(instance, other)).status, 'status for another token').toBe(200);
    });
  },
);
