export { runEventSchema, type OnRunEvent, type RunEvent } from './event.ts';
export {
  gradeResultSchema,
  type Grade,
  type GradedPoint,
  type GradedTask,
  type GradeResult,
  type LeftOut,
  type Score,
} from './grade-result.ts';
export { lessonSchema, type Lesson } from './lesson.ts';
export { aiPolicySchema, packSchema, type AiPolicy, type Pack } from './pack.ts';
export {
  runContextSchema,
  serverAddressSchema,
  type Provision,
  type RunContext,
  type ServerAddress,
} from './run-context.ts';
export { testMetaSchema, type TestMeta } from './test-meta.ts';
export {
  failureSchema,
  serviceEvidenceSchema,
  statusSchema,
  tallySchema,
  taskVerdictSchema,
  testVerdictSchema,
  type Failure,
  type PointVerdict,
  type ServiceEvidence,
  type Status,
  type Tally,
  type TaskVerdict,
  type TestVerdict,
} from './verdict.ts';
