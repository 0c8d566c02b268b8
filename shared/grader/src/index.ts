export { GraderError, type GraderErrorCode } from './errors.ts';
export { grade, type GradeOptions } from './grade.ts';
export { readPack } from './pack/read-pack.ts';
export { duration } from './pack/texts.ts';
export { CANDIDATE_COMMANDS } from './pack/toolchain.ts';
export { writePack, type PackOptions } from './pack/write-pack.ts';
export { checkSigned, graderKey, type Checked } from './sign.ts';
