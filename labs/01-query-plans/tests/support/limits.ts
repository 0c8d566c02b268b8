/**
 * The ticket's limits, in shared buffers of 8 kB. Each stands at least five times above what right
 * designs read and at least five times below what wrong ones read on their worst tenant; see
 * MEASUREMENTS.md.
 */
export const LIMIT = {
  /** One page of ten of the list: right designs 3-59, wrong ones 2,360 and more. */
  list: 300,
  /** One search by email: right 11-17, wrong 3,530 and more. */
  search: 150,
  /** A day of at most 1,100 orders: right 4-31, wrong 1,938 and more. */
  ordinaryDay: 200,
  /** A day of 20,000 orders: right 109-240, wrong 15,451 and more. */
  importDay: 1250,
  /** One claim with its update: right 22-39, wrong 2,931 and more. */
  claim: 300,
  /** Indexes of `orders` besides the primary key. */
  indexes: 4,
} as const;
