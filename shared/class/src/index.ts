export type {
  Assignment,
  ClassRecord,
  LatePolicy,
  Mark,
  Override,
  Student,
  WorkState,
} from './records.ts';
