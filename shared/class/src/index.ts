export type { Exported, Exporter, ExportFile, ExportOptions, NotExported } from './export/file.ts';
export { EXPORT_FORMATS } from './export/formats.ts';
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
