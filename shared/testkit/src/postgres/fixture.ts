import type { ProbeNeeds } from '../probes.ts';
import { PostgresProbe } from './probe.ts';

declare module '../probes.ts' {
  interface Probes {
    postgres: PostgresProbe;
  }
}

export function open({ run, lease, definition }: ProbeNeeds): Promise<PostgresProbe> {
  return PostgresProbe.of(run, lease, definition);
}
