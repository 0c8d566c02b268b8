import { each, explain, expect, judges, test as base } from '@backend-labs/testkit';
import { AmqpWire } from './support/amqp-wire.ts';
import {
  type Aftermath,
  cut,
  fallSilent,
  greetNobody,
  killApi,
  killBroker,
  loseExchange,
  loseQueue,
  sendOne,
} from './support/broken-broker.ts';
import {
  diagnoseClosedChannel,
  diagnoseDeadConnection,
  diagnoseEndIsConfirm,
  diagnoseFleeting,
  diagnoseKeptInMemory,
  diagnoseNoAnswer,
  diagnoseNoConnectTimeout,
  diagnoseNotMandatory,
  diagnoseOddAnswers,
  diagnoseSentLate,
  diagnoseSentTooEarly,
  diagnoseTimeIsConfirm,
  diagnoseUnconfirmed,
} from './support/diagnose-publishing.ts';
import {
  type Again,
  ANSWERS_WITHIN,
  Arrivals,
  KEPT_WITHIN,
  MediaApi,
  PUBLISH_TIMEOUT,
  type Upload,
} from './support/media-api.ts';
import { amqpUrl, RENDER_QUEUE, ROUTE } from './support/media.ts';
import { expectSame } from './support/same.ts';

/**
 * `test` with `api`, whose line to the broker is `wire`, and what happens to them, one after the
 * other. The promised messages are counted in the end, so their time is waited for once.
 */
const test = base
  .extend('wire', { scope: 'file' }, async ({ lease, cleanup }) => {
    return cleanup.use(await AmqpWire.open(amqpUrl(lease)));
  })
  .extend('api', { scope: 'file' }, async ({ definition, wire, run, file, cleanup }) => {
    const start = () => MediaApi.start(definition, wire, run.seed);
    return cleanup.use(await file.once('api', start));
  })
  .extend('arrivals', { scope: 'file' }, ({ rabbitmq }) => new Arrivals(rabbitmq))
  .extend('first', { scope: 'file' }, ({ file, api, postgres }) => {
    return file.once('first', () => sendOne(api, postgres));
  })
  .extend('noQueue', { scope: 'file' }, ({ file, api, rabbitmq }) => {
    return file.once('noQueue', () => loseQueue(api, rabbitmq));
  })
  .extend('noExchange', { scope: 'file' }, ({ file, api, rabbitmq }) => {
    return file.once('noExchange', () => loseExchange(api, rabbitmq));
  })
  .extend('cutEarly', { scope: 'file' }, ({ file, api }) => {
    return file.once('cutEarly', () => cut(api, 'toServer', 'basic.publish'));
  })
  .extend('cutLate', { scope: 'file' }, ({ file, api }) => {
    return file.once('cutLate', () => cut(api, 'toClient', 'basic.ack'));
  })
  .extend('silent', { scope: 'file' }, ({ file, api }) => {
    return file.once('silent', () => fallSilent(api));
  })
  .extend('mute', { scope: 'file' }, ({ file, api }) => {
    return file.once('mute', () => greetNobody(api));
  })
  .extend('apiKilled', { scope: 'file' }, ({ file, api }) => {
    return file.once('apiKilled', () => killApi(api));
  })
  .extend('brokerKilled', { scope: 'file' }, ({ file, run, definition, api }) => {
    return file.once('brokerKilled', () => killBroker(run, definition, api));
  });

test(
  'an upload is answered 202, and its message waits',
  judges('5.2'),
  async ({ first, arrivals }) => {
    const { job } = first.upload;
    if (job === undefined) expect.fail('An upload was not answered 202 while the broker worked.');
    const missing = await arrivals.missing([job], first.due);
    await explain(
      () => expectSame(`jobs without a message in ${RENDER_QUEUE}`, missing, []),
      () => diagnoseSentLate(arrivals, job, first),
    );
  },
);

test(
  'the job of a message is in the database when the message is sent',
  judges('5.3'),
  async ({ first: { before, sent } }) => {
    await explain(
      () => expectSame('rows in jobs when the message of an upload was sent', sent[0], before + 1),
      () => diagnoseSentTooEarly(before, sent),
    );
  },
);

test(
  'uploads are taken again when the queue is back',
  judges('5.10'),
  async ({ noQueue, arrivals }) => {
    await takesUploads(noQueue.again, arrivals);
  },
);

test(
  'uploads are taken again when the exchange is back',
  judges('5.10'),
  async ({ noExchange, arrivals }) => {
    await explain(
      () => takesUploads(noExchange.again, arrivals),
      () => diagnoseClosedChannel(noExchange),
    );
  },
);

test(
  'uploads are taken again after a connection broke',
  judges('5.10'),
  async ({ cutEarly, cutLate, arrivals }) => {
    for (const { again } of [cutEarly, cutLate]) await takesUploads(again, arrivals);
  },
);

test('a broker that says nothing keeps no upload waiting', judges('5.5'), async ({ silent }) => {
  await answersInTime(silent.uploads);
});

test(
  'uploads are taken again after the broker went silent',
  judges('5.10'),
  async ({ silent, arrivals }) => {
    await explain(
      () => takesUploads(silent.again, arrivals, silent.reconnected),
      () => diagnoseDeadConnection(silent),
    );
  },
);

test('a broker that greets nobody keeps no upload waiting', judges('5.5'), async ({ mute }) => {
  await answersInTime(mute.uploads);
});

test(
  'uploads are taken again when a broker that greeted nobody does',
  judges('5.10'),
  async ({ mute, arrivals }) => {
    await explain(
      () => takesUploads(mute.again, arrivals),
      () => diagnoseNoConnectTimeout(mute),
    );
  },
);

test(
  'a message that no queue takes is not promised',
  judges('5.7'),
  // The time for what a media-api promises that is killed runs meanwhile.
  async ({ noQueue, apiKilled: _apiKilled, arrivals, wire }) => {
    const when = `while the queue ${RENDER_QUEUE} was gone`;
    await nothingLost(noQueue, arrivals, when, (_lost, seen) => {
      diagnoseUnconfirmed(wire, seen);
      diagnoseNotMandatory(noQueue, seen);
    });
  },
);

test(
  'a message that no exchange takes is not promised',
  judges('5.7'),
  async ({ noExchange, arrivals, wire }) => {
    const when = `while the exchange ${ROUTE.exchange} was gone`;
    await nothingLost(noExchange, arrivals, when, (lost, seen) => {
      diagnoseUnconfirmed(wire, seen);
      diagnoseEndIsConfirm(noExchange.promised, lost);
    });
  },
);

test(
  'a connection that breaks loses no upload that was answered 202',
  judges('5.4'),
  async ({ cutEarly, cutLate, arrivals, wire }) => {
    const moments = [
      ['before the broker had the message', cutEarly],
      ['before media-api had the confirm', cutLate],
    ] as const;
    for (const [moment, broken] of moments) {
      const when = `while the connection broke ${moment}`;
      await nothingLost(broken, arrivals, when, (lost, seen) => {
        if (!broken.wasCut) return;
        diagnoseUnconfirmed(wire, seen);
        diagnoseEndIsConfirm(broken.promisedAfterTheCut, lost);
      });
    }
  },
);

test('a timeout is not a confirm', judges('5.6'), async ({ silent, mute, arrivals, wire }) => {
  for (const { uploads, ...broken } of [silent, mute]) {
    await nothingLost(broken, arrivals, 'while the broker said nothing', (lost, seen) => {
      diagnoseUnconfirmed(wire, seen);
      diagnoseTimeIsConfirm(uploads, lost);
    });
  }
});

test(
  'a media-api that is killed keeps its promises',
  judges('5.9'),
  async ({ apiKilled, arrivals, wire }) => {
    const { upload } = apiKilled;
    await nothingLost(
      apiKilled,
      arrivals,
      'while the broker said nothing to a media-api that was killed',
      (lost, seen) => {
        diagnoseUnconfirmed(wire, seen);
        diagnoseTimeIsConfirm([upload], lost);
        diagnoseKeptInMemory(wire, upload);
      },
    );
  },
);

test(
  'uploads are taken again when a broker that was killed is back',
  judges('5.10'),
  ({ brokerKilled: { again, cameAgain } }) => {
    if ('error' in again) throw again.error;
    expect(cameAgain, `whether its message came to ${RENDER_QUEUE}`).toBe(true);
  },
);

test(
  'a broker that is killed loses no upload that was answered 202',
  judges('5.8'),
  async ({ brokerKilled: { promised, lost, fleeting }, wire }) => {
    expect(promised.length, 'uploads of 200 that were answered 202').toBe(200);
    await explain(
      () => {
        expect(lost.length, 'jobs of 200 that were answered 202 and have no message').toBe(0);
      },
      () => {
        const seen = `Of 200 uploads that were answered 202, ${lost.length} have no message after the broker was killed.`;
        diagnoseFleeting(fleeting, lost.length);
        diagnoseUnconfirmed(wire, seen);
      },
    );
  },
);

test(
  'every upload is answered 202 or 503, whatever happens to the broker',
  judges('5.1'),
  async ({ api, first }) => {
    const { job } = first.upload;
    if (job !== undefined) {
      await api.ready();
      const { body } = (await api.service.get(`/jobs/${job}`)).expect(200);
      expect(body).toMatchObject({ id: job });
    }
    await explain(
      () => expectSame('answers to uploads that were neither 202 nor 503', api.odd.slice(0, 5), []),
      () => diagnoseOddAnswers(api),
    );
  },
);

/** An upload was answered 202 again, and its message came, which takes a connection. */
async function takesUploads(again: Again, arrivals: Arrivals, connected = true): Promise<void> {
  if ('error' in again) throw again.error;
  const due = performance.now() + (connected ? KEPT_WITHIN : 0);
  const missing = await arrivals.missing([again.job], due);
  expectSame(
    `jobs that were answered 202 after that, without a message in ${RENDER_QUEUE}`,
    missing,
    [],
  );
}

async function answersInTime(uploads: readonly Upload[]): Promise<void> {
  await explain(
    () =>
      each('uploads', uploads, ({ answered, ms }) => {
        const took = `ms until an answer, with PUBLISH_TIMEOUT_MS=${PUBLISH_TIMEOUT}`;
        if (!answered) expect.fail(`no answer within ${ANSWERS_WITHIN} ms`);
        expect(Math.round(ms), took).toBeLessThanOrEqual(ANSWERS_WITHIN);
      }),
    () => diagnoseNoAnswer(uploads),
  );
}

/** Every promised message has come. `when` completes "jobs that were answered 202 …". */
async function nothingLost(
  { promised, due }: Pick<Aftermath, 'promised' | 'due'>,
  arrivals: Arrivals,
  when: string,
  diagnose: (lost: readonly string[], seen: string) => void,
): Promise<void> {
  const lost = await arrivals.missing(promised, due);
  await explain(
    () => expectSame(`jobs that were answered 202 ${when}, and have no message`, lost, []),
    () =>
      diagnose(
        lost,
        `Of ${promised.length} uploads that were answered 202 ${when}, ${lost.length} have no message.`,
      ),
  );
}
