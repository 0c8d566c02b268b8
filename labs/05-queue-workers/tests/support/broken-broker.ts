import {
  type Direction,
  gate,
  happens,
  type PostgresProbe,
  type RabbitProbe,
  type RunContext,
  type Service,
  SpareRabbit,
} from '@backend-labs/testkit';
import { AmqpWire } from './amqp-wire.ts';
import {
  AGAIN_AFTER_SILENCE_WITHIN,
  AGAIN_WITHIN,
  type Again,
  ARRIVES_WITHIN,
  Arrivals,
  MediaApi,
  type Upload,
} from './media-api.ts';
import { bringBack, RENDER_QUEUE, ROUTE } from './media.ts';

/**
 * Above what a client takes to knock again that waits 5 s, and an outbox that is read every 5 s to
 * meet what was broken. A program that never does is judged all the same.
 */
const SIGN_WITHIN = 6_000;

/** What came of uploads while something was broken. */
export interface Aftermath {
  /** Jobs that were promised. */
  readonly promised: readonly string[];
  /** When their messages must be there, an instant of `performance.now()`. */
  readonly due: number;
  readonly again: Again;
}

/** A program that has not come back sends nothing. */
const STUCK = 500;

function aftermath(
  { patience }: MediaApi,
  uploads: readonly Upload[],
  again: Again,
  isBack = 'job' in again,
): Aftermath {
  const due = performance.now() + (isBack ? patience : STUCK);
  return { promised: promisedIn(uploads), due, again };
}

const promisedIn = (uploads: readonly Upload[]): string[] =>
  uploads.flatMap(({ job }) => job ?? []);

/** An upload while all is well, and how many rows there were before it and when its message went out. */
export async function sendOne(api: MediaApi, postgres: PostgresProbe) {
  const rows = async (): Promise<number> => {
    const [row] = await postgres.query<{ many: number }>('SELECT count(*)::int AS many FROM jobs');
    return row?.many ?? 0;
  };
  const before = await rows();
  const sent: number[] = [];
  api.wire.before = async ({ name }, direction) => {
    if (direction === 'toServer' && name === 'basic.publish') sent.push(await rows());
  };
  const upload = await api.upload();
  await happens(() => sent.length > 0, { within: SIGN_WITHIN });
  api.wire.before = () => {};
  return { upload, before, sent, due: upload.at + ARRIVES_WITHIN };
}

/** Somebody deletes the queue; operations brings it back. */
export async function loseQueue(api: MediaApi, rabbitmq: RabbitProbe) {
  await api.ready();
  const { wire } = api;
  await rabbitmq.deleteQueue(RENDER_QUEUE);
  wire.clear();
  const uploads = await api.uploads(10);
  // A program that keeps them must get its answer before the queue is there again.
  const told = (): boolean =>
    wire.received.some(({ name }) => name === 'basic.return' || name === 'basic.ack');
  if (promisedIn(uploads).length > 0) await happens(told, { within: SIGN_WITHIN });
  const confirmed = wire.received.some(({ name }) => name === 'basic.ack');
  const published = wire.sent.find(({ name }) => name === 'basic.publish');
  await bringBack(rabbitmq);
  const again = await api.takesUploads(AGAIN_WITHIN);
  return { ...aftermath(api, uploads, again), confirmed, mandatory: published?.mandatory };
}

/** Somebody deletes the exchange; operations brings it back. */
export async function loseExchange(api: MediaApi, rabbitmq: RabbitProbe) {
  await api.ready();
  const { wire } = api;
  wire.clear();
  await rabbitmq.deleteExchange(ROUTE.exchange);
  const upload = await api.upload();
  if (upload.job !== undefined) await happens(() => wire.refusal, { within: SIGN_WITHIN });
  await bringBack(rabbitmq);
  const again = await api.takesUploads(AGAIN_WITHIN);
  const reopened = wire.count('channel.open') > 0;
  return { ...aftermath(api, [upload], again), refusal: wire.refusal, reopened };
}

/** The connection breaks as the first of some uploads is published, or as its confirm comes. */
export async function cut(api: MediaApi, direction: Direction, method: string) {
  await api.ready();
  let cutAt = Number.POSITIVE_INFINITY;
  const wasCut = (): boolean => cutAt < Number.POSITIVE_INFINITY;
  api.wire.before = ({ name }, seen) => {
    if (wasCut() || seen !== direction || name !== method) return undefined;
    cutAt = performance.now();
    return 'cut';
  };
  const uploads = await api.uploads(5);
  // A program that waits for no confirm has answered before the first byte came by.
  await happens(wasCut, { within: promisedIn(uploads).length > 0 ? SIGN_WITHIN : 0 });
  const again = await api.takesUploads(AGAIN_WITHIN);
  api.wire.before = () => {};
  const late = promisedIn(uploads.filter(({ at }) => at > cutAt));
  return { ...aftermath(api, uploads, again), wasCut: wasCut(), promisedAfterTheCut: late };
}

/** The connection that is open turns into a black hole, for good. New ones are served. */
export async function fallSilent(api: MediaApi) {
  await api.ready();
  const { wire } = api;
  const connections = wire.connections;
  using _silence = wire.silence();
  const uploads = [await api.upload()];
  const first = await api.takesUploads(AGAIN_AFTER_SILENCE_WITHIN);
  // An outbox takes uploads all the time, and a program without confirms takes them for nothing.
  const within = Math.min(AGAIN_AFTER_SILENCE_WITHIN, api.patience);
  const reconnected = await happens(() => wire.connections > connections, { within });
  const promised = [...promisedIn(uploads), ...('job' in first ? [first.job] : [])];
  const again = reconnected && 'job' in first ? await api.takesUploads(AGAIN_WITHIN) : first;
  return { ...aftermath(api, uploads, again, reconnected), promised, uploads, reconnected };
}

/** The connection breaks, and a client that connects is not greeted; a later one is. */
export async function greetNobody(api: MediaApi) {
  await api.ready();
  const { wire } = api;
  const before = wire.connections;
  const uploads: Upload[] = [];
  {
    await using _mute = wire.greetNobody();
    uploads.push(await api.upload());
    await happens(() => wire.connections > before, { within: SIGN_WITHIN });
    uploads.push(await api.upload());
  }
  const knocked = wire.connections;
  const again = await api.takesUploads(AGAIN_AFTER_SILENCE_WITHIN);
  const ignored = knocked > before;
  return {
    ...aftermath(api, uploads, again),
    uploads,
    ignored,
    knocksAgain: wire.connections > knocked,
  };
}

/** media-api is killed while the broker says nothing to what it publishes, and is started again. */
export async function killApi(api: MediaApi) {
  await api.ready();
  const { wire } = api;
  using silence = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  wire.before = async ({ name }, direction) => {
    if (direction !== 'toServer' || name !== 'basic.publish') return undefined;
    await silence.arrive();
    // What a silent broker was sent, it never had.
    return 'cut';
  };
  const upload = await api.upload();
  const kept = upload.job !== undefined;
  // A program that has kept it is about to send it when it is killed.
  if (kept) await happens(() => silence.arrived > 0, { within: SIGN_WITHIN });
  await api.kill();
  silence.open();
  wire.before = () => {};
  wire.clear();
  if (kept) await api.restart();
  return { promised: promisedIn([upload]), due: performance.now() + api.patience, upload };
}

const MANY = 200;
const AT_A_TIME = 20;

/**
 * A broker is killed when so many uploads were answered 202, and is started again.
 *
 * @param other of another broker, and of the same database: it would send what is kept there.
 */
export async function killBroker(run: RunContext, definition: Service, other: MediaApi) {
  await other.kill();
  await using broker = await SpareRabbit.open(run);
  await using wire = await AmqpWire.open(broker.url);
  await using api = await MediaApi.start(definition, wire, run.seed);
  const jobs: string[] = [];
  for (let sent = 0; sent < MANY; sent += AT_A_TIME) {
    jobs.push(...promisedIn(await api.uploads(AT_A_TIME)));
  }
  const { fleeting } = wire;
  await broker.kill();
  await broker.start();
  const due = performance.now() + api.patience;
  await using rabbitmq = await broker.probe();
  const arrivals = new Arrivals(rabbitmq);
  const again = await api.takesUploads(AGAIN_WITHIN);
  const fresh = 'job' in again ? [again.job] : [];
  const late = await arrivals.missing(fresh, performance.now() + ARRIVES_WITHIN);
  const lost = await arrivals.missing(jobs, due);
  return { promised: jobs, lost, again, cameAgain: late.length === 0, fleeting };
}
