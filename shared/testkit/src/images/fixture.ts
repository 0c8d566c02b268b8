import type { ProbeNeeds } from '../probes.ts';
import { ImageEngine } from './engine.ts';

declare module '../probes.ts' {
  interface Probes {
    images: ImageEngine;
  }
}

export function open({ lease }: ProbeNeeds): Promise<ImageEngine> {
  return ImageEngine.of(lease);
}
