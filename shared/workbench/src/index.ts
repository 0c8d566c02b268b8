export type { Bench } from './bench.ts';
export * from './copies/index.ts';
export { Judging, openLabStack } from './judging.ts';
export { copyDigest, testsDigest } from './digests.ts';
export { leftBehindUrl } from './left-behind.ts';
export {
  firstUnfinished,
  isNewcomer,
  nextHintLevel,
  readProgress,
  recordHint,
  recordReset,
  taskProgress,
  type Progress,
} from './progress.ts';
export { isPassing, openTask, record } from './record.ts';
export { onSave } from './saves.ts';
export {
  WatchSession,
  type WatchEvent,
  type WatchOptions,
  type WatchState,
} from './watch-session.ts';
