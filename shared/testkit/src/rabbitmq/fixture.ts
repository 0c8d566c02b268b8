import type { ProbeNeeds } from '../probes.ts';
import { RabbitProbe } from './probe.ts';

declare module '../probes.ts' {
  interface Probes {
    rabbitmq: RabbitProbe;
  }
}

export function open({ lease }: ProbeNeeds): Promise<RabbitProbe> {
  return RabbitProbe.of(lease);
}
