export type { Exported, Exporter, ExportFile, ExportOptions, NotExported } from './export/file.ts';
export { EXPORT_FORMATS } from './export/formats.ts';
export { writeExport } from './export/write.ts';
export { collect, type CollectOptions, type CollectOutcome } from './collect/collect.ts';
export { ClassError, type ClassErrorCode } from './errors.ts';
export { readClassFile, type ClassFile } from './folder/class-file.ts';
export { Layout } from './folder/layout.ts';
export { assign, type AssignOptions } from './folder/assign.ts';
export { initClass, type InitOptions } from './folder/init.ts';
export type { Only } from './folder/select.ts';
export { readClass } from './read-class.ts';
export type {
  Assignment,
  ClassRecord,
  LatePolicy,
  Mark,
  Override,
  Student,
  WorkState,
} from './records.ts';
export { classReport, type ReportOptions } from './report/report.ts';
export { compareWorks, type Comparison } from './similarity/compare.ts';
export type { SimilarPair } from './similarity/pairs.ts';
export { gradeClass, type GradeClassOptions, type GradeEvent } from './queue/grade-class.ts';
export { checkQueueUrl, openQueueRedis, requireQueue, stopQueueRedis } from './queue/redis.ts';
export {
  startWorker,
  type RunningWorker,
  type WorkerEvent,
  type WorkerOptions,
} from './queue/worker.ts';
export { overrideMark, type OverrideRequest } from './override-mark.ts';
