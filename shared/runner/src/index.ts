export { type MatrixCell, type MatrixRow } from './matrix.ts';
export { ctrf } from './report/ctrf.ts';
export { junit } from './report/junit.ts';
export { type LabResults } from './report/results.ts';
export { judge, type OnVerdict } from './run.ts';
export { Session, type Row } from './session.ts';
export { type Failure, type ServiceOutput, type Status, type TaskResult } from './verdict.ts';
export { rowNames, verify, WORKERS, type VerifyOptions, type VerifyReport } from './verify.ts';
