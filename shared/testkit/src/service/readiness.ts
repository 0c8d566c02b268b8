import type { StartedService } from './started.ts';

/** How to tell that a program that was just started can be used. */
export interface Readiness {
  /** Completes "The service did not …". */
  readonly what: string;
  /** `true` when ready, else what was seen instead. */
  look(service: StartedService): Promise<true | string>;
}

/** Ready when `GET path` answers 200: for a program with an HTTP server. */
export function answers(path: string): Readiness {
  return {
    what: `answer GET ${path} with 200`,
    async look(service) {
      try {
        const { status } = await service.probe(path);
        return status === 200 ? true : `it answered ${status}`;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        return code === 'ECONNREFUSED'
          ? 'nothing listens on that port'
          : `the request failed: ${String(error)}`;
      }
    },
  };
}

/** Ready when a line of its stdout holds `part`: for a worker without a server. */
export function logs(part: string): Readiness {
  return {
    what: `log "${part}"`,
    async look(service) {
      return service.logs.stdout.some((line) => line.includes(part)) || 'no such line came';
    },
  };
}
