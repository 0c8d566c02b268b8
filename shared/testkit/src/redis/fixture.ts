import type { ProbeNeeds } from '../probes.ts';
import { RedisProbe } from './probe.ts';

declare module '../probes.ts' {
  interface Probes {
    redis: RedisProbe;
  }
}

export function open({ run, lease }: ProbeNeeds): Promise<RedisProbe> {
  return RedisProbe.of(run, lease);
}
