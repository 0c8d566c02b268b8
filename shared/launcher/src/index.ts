export {
  LauncherError,
  type LauncherErrorCode,
  ServiceError,
  type ServiceErrorCode,
} from './errors.ts';
export { listenOn, programEnvironment, type Target, type Variables } from './environment.ts';
export { launch, type LaunchOptions } from './launch.ts';
export { sandboxTrouble, type SandboxTrouble } from './sandbox/available.ts';
export { packageScripts, requireScripts } from './package-scripts.ts';
export { claimPort, type PortClaim } from './ports.ts';
export { describeExit, type Exit, type Output, type Program } from './program.ts';
export { MIGRATE, runScript, type RunScriptOptions, type ScriptResult } from './script.ts';
