import type { ProbeNeeds } from '../probes.ts';
import { KafkaProbe } from './probe.ts';

declare module '../probes.ts' {
  interface Probes {
    kafka: KafkaProbe;
  }
}

export function open({ lease }: ProbeNeeds): Promise<KafkaProbe> {
  return KafkaProbe.of(lease);
}
