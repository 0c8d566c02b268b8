/** Where a learner works. */
export interface Bench {
  /** The repository. */
  readonly root: string;
  /** `.labs`, or what stands in for it. */
  readonly stateDir: string;
  /** Called with one line for each thing that takes a while, such as a server that starts. */
  readonly onProgress?: (line: string) => void;
}
