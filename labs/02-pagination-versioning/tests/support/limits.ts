/**
 * The ticket's limits, in shared buffers of 8 kB. Each stands at least five times above what right
 * designs read and at least five times below what wrong ones read; see MEASUREMENTS.md.
 */
export const LIMIT = {
  /** One page of twenty, wherever it is: right designs 4-11, wrong ones 674 and more. */
  page: 60,
  /** The same with `count=estimate`: right 4-7, wrong 331 and more. */
  estimate: 60,
} as const;
