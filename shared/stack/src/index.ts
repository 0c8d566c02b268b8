export { stackDown, stackLogs, stackStatus, stackUp } from './control.ts';
export { ServerUnavailable, StackError, type StackErrorCode, StateUnwritable } from './errors.ts';
export { ping } from './ping.ts';
export { provideProgram } from './provide-program.ts';
export { isOrphan, ownerTag } from './owner.ts';
export { openStack, type OpenedStack } from './open.ts';
export type { ServerDefinition } from './servers/definition.ts';
export {
  callEngine,
  type EngineClient,
  engineClient,
  engineOutput,
} from './servers/images/client.ts';
export type { ImagesLease } from './servers/images/types.ts';
export { serverNames, SERVERS } from './servers/registry.ts';
export { openSpare, type SpareServer } from './spare.ts';
export { connectStack } from './stack.ts';
export type * from './types.ts';
