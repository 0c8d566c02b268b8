// hold-lease.ts ADDRESSES LAB: leases from every server of the JSON, prints the lease, waits to be killed.
import { connectStack } from '../../src/index.ts';

const [json = '{}', lab = ''] = process.argv.slice(2);
const servers = JSON.parse(json);
const stack = connectStack(servers);
const { env, redis } = await stack.lease({ lab, servers: Object.keys(servers) });
process.stdout.write(`${JSON.stringify({ env, redis })}\n`);
process.stdin.resume();
