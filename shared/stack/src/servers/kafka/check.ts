import { reason, ServerTrouble } from '../../errors.ts';
import { exchange } from '../../wire.ts';
import type { Endpoint } from '../definition.ts';

const METADATA = 3;
const VERSION = 4;
const CORRELATION = 1;

/**
 * Asks each broker of the list in turn for the cluster's metadata. Resolves when one knows a live
 * broker and a controller. Brokers do not report their version.
 */
export async function checkKafka(endpoint: Endpoint, timeoutMs: number): Promise<undefined> {
  const failures: string[] = [];
  for (const broker of endpoint.url.split(',')) {
    const [host = '', port] = broker.split(':');
    try {
      await exchange({ host, port: Number(port) }, request(), readCluster, timeoutMs);
      return undefined;
    } catch (error) {
      failures.push(`${broker}: ${reason(error)}`);
    }
  }
  throw new ServerTrouble('CHECK_FAILED', failures.join('; '));
}

/** Metadata request, version 4, for no topic. https://kafka.apache.org/protocol */
function request(): Buffer {
  const client = Buffer.from('labs');
  const frame = Buffer.alloc(4 + 8 + 2 + client.length + 4 + 1);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(METADATA, 4);
  frame.writeInt16BE(VERSION, 6);
  frame.writeInt32BE(CORRELATION, 8);
  frame.writeInt16BE(client.length, 12);
  client.copy(frame, 14);
  return frame;
}

/** `true` when the answer is complete and names a broker and a controller. */
function readCluster(received: Buffer): true | undefined {
  if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return undefined;
  if (received.readInt32BE(4) !== CORRELATION)
    throw new ServerTrouble('CHECK_FAILED', 'it does not speak Kafka');
  let at = 12;
  const skipString = (): void => {
    at += 2 + Math.max(0, received.readInt16BE(at));
  };
  const brokers = received.readInt32BE(at);
  at += 4;
  for (let index = 0; index < brokers; index += 1) {
    at += 4;
    skipString();
    at += 4;
    skipString();
  }
  skipString();
  if (brokers < 1 || received.readInt32BE(at) < 0)
    throw new ServerTrouble('CHECK_FAILED', 'it has no controller yet');
  return true;
}
