export { stackDown, stackLogs, stackStatus, stackUp } from './control.ts';
export { ServerUnavailable, StackError, type StackErrorCode, StateUnwritable } from './errors.ts';
export { leftBehind, ping } from './inspect.ts';
export { isOrphan, ownerTag } from './owner.ts';
export { openStack, type OpenedStack } from './open.ts';
export { openSpare, type SpareServer } from './spare.ts';
export { connectStack } from './stack.ts';
export type * from './types.ts';
