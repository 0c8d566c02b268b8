declare module '../../types.ts' {
  interface LeaseParts {
    images: ImagesLease;
  }
}

/** A run's right to build images and run containers. Whatever carries its label goes with it. */
export interface ImagesLease {
  /** The engine, as `engineClient` reads it. */
  readonly url: string;
  /** Put it on every image, container, volume and network: `key=value`. */
  readonly label: string;
  /** Begins the name of every image: lower case, e.g. `backend-labs/1f3a_4711_9c0d11e2_ab12cd`. */
  readonly prefix: string;
}
