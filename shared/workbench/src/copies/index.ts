export { saveAttempt, resetCopy, restoreAttempt, type ReplacedCopy } from './reset.ts';
export { listAttempts, type Attempt } from './attempts.ts';
export { createCopy, type CreatedCopy } from './copy.ts';
export { editableFiles } from './editable.ts';
export * from './errors.ts';
export { applyMerge, declineMerge, type AppliedMerge, type ConflictChoice } from './merge.ts';
export {
  conflictsOf,
  planMerge,
  type CleanChange,
  type MergeChange,
  type MergeConflict,
  type MergePlan,
} from './merge-plan.ts';
export {
  copyDir,
  copyKey,
  workRoot,
  type LabFolder,
  type WorkPlace,
  type WorkRootRequest,
} from './place.ts';
export { copyState, type AbsentCopy, type CopyState, type PresentCopy } from './state.ts';
