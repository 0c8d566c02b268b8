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
      async () => {
        if (person !== away || allowed || !LET_THROUGH.includes(status)) return;
        const viewer = member(draw, 'viewer', away.tenant);
        const same = await ask(service, auth.token(viewer), route.ask(viewer.tenant, invoice));
        if (same.status !== 403) return;
        lesson('role-somewhere-else', {
          observed: `${what} and admin of tenant ${home.tenant}, got ${status}. ${viewer.id}, who has no other tenant, got 403.`,
          meaning:
            'The role came from another tenant of the same user. A role belongs to a user and a tenant together.',
          lookAt: 'by which columns the membership is found.',
        });
      },
    );
  });
});

/** `ask` sends a request of a person. One whose token names a role too low must fare worse. */
async function roleAtLogin(
  observed: string,
  person: Person,
  request: (person: Person) => Promise<Answer>,
): Promise<void> {
  const { status } = await request({ ...person, role: 'viewer' });
  if (status !== 403) return;
  lesson('role-at-login', {
    observed: `${observed} With viewer in the token the same request got 403.`,
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
        async () => {
          if (!LET_THROUGH.includes(lowered.status)) return;
          const observed = `A refund by ${fresh.id} got ${lowered.status}: admin in the token, viewer in the database.`;
          await roleAtLogin(observed, fresh, (person) => refund(instance, person));
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
        async () => {
          if (!served(answer) || person !== stranger) return;
          const observed = `${what} got ${answer.status}. The token says admin, and memberships has no row.`;
          if (route !== LIST) {
            await roleAtLogin(observed, person, (other) =>
              ask(instance, auth.token(other), route.ask(other.tenant, invoice)),
            );
            return;
          }
          lesson('guest-is-viewer', {
            observed,
            meaning:
              'A user without a role may do here what a viewer may do. No row means no rights, not the lowest ones.',
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
    // No instance has seen this user before the end.
    const unseen: Person = { id: draw.word(), tenant: 7, role: 'viewer' };
    await addUser(postgres, unseen.id);
    await setRole(postgres, unseen, unseen.role);
    const instances = [service, second];
    for (const instance of instances) {
      expect((await ask(instance, auth.token(fired))).status, 'status before').toBe(200);
    }
    const gone = [fired.id, unseen.id];
    await postgres.query('UPDATE users SET disabled_at = now() WHERE id = ANY ($1)', [gone]);
    const requests = instances.flatMap((instance) =>
      [fired, unknown].map((person) => ({ instance, person })),
    );
    await each('requests', requests, async ({ instance, person }) => {
      const answer = await ask(instance, auth.token(person));
      const who = person === fired ? 'a disabled user' : 'a user who is not in users';
      await explain(
        () => expectRefused(answer, `a token of ${who}`),
        async () => {
          if (!served(answer) || person !== fired) return;
          const other = await ask(instance, auth.token(unseen));
          if (!served(other)) return;
          lesson('fired-but-served', {
            observed: `GET /v1/invoices by ${fired.id} got ${answer.status} after disabled_at was set. ${unseen.id}, also disabled, had sent no request before, and got ${other.status}.`,
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
          // An instance that reads what is shared only when it starts would know this token.
          if (status !== 401 || !served(await ask(later, ended))) return;
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
