export { MutationError, type MutationErrorCode } from './errors.ts';
export { REFERENCE } from './marks.ts';
export { LANES, mutate, type MutateOptions, type MutationEvent } from './mutate.ts';
export type { Mutant } from './mutant.ts';
export {
  isStrong,
  LEAST_KILLED,
  MOST_MARKED,
  sharesOf,
  type MutationReport,
  type Survivor,
} from './report.ts';
export type { MutantVerdict } from './verdict.ts';
