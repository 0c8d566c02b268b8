import { ServerTrouble } from '../../errors.ts';
import type { Endpoint } from '../definition.ts';
import { readAddress } from './address.ts';
import { ask, int32, type Reader, type Request } from './protocol.ts';

/** Of no topic. */
const METADATA: Request = {
  api: 3,
  version: 4,
  body: Buffer.concat([int32(0), Buffer.from([0])]),
};

/**
 * Logs in at each broker of the list in turn, and asks for the cluster's metadata. Resolves when one
 * knows a live broker and a controller. Brokers do not report their version.
 */
export async function checkKafka(endpoint: Endpoint, timeoutMs: number): Promise<undefined> {
  await ask(readAddress(endpoint.url), METADATA, needController, timeoutMs);
}

function needController(answer: Reader): void {
  // How long it was throttled.
  answer.int32();
  const brokers = answer.int32();
  for (let index = 0; index < brokers; index += 1) {
    // Node, host, port, rack.
    answer.int32();
    answer.string();
    answer.int32();
    answer.string();
  }
  // Cluster.
  answer.string();
  if (brokers < 1 || answer.int32() < 0)
    throw new ServerTrouble('CHECK_FAILED', 'it has no controller yet');
}
