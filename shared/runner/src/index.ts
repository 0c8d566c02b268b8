export { type MatrixCell } from './cell.ts';
export { takeFolder } from './folder.ts';
export { type MatrixRow } from './matrix.ts';
export { digestOf } from './proof/digest.ts';
export { readProof, writeProof, type ProofRecord } from './proof/record.ts';
export { sampleOf } from './proof/sample.ts';
export { packageOf, readSuites, suiteDigests, unitTestFiles, writeSuites } from './proof/suites.ts';
export { rowNames } from './plan.ts';
export { ctrf } from './report/ctrf.ts';
export { junit } from './report/junit.ts';
export { type LabResults } from './report/results.ts';
export { judge } from './run.ts';
export { sandboxOf } from './sandbox.ts';
export {
  LEARNER_SEED,
  Session,
  type Cell,
  type CellEvent,
  type OnCellEvent,
  type Row,
} from './session.ts';
export { unrun } from './verdict.ts';
export { typecheckPieces, type TypedPiece } from './typecheck.ts';
export { verify, WORKERS, type Count, type VerifyOptions, type VerifyReport } from './verify.ts';
