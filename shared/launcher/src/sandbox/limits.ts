/** What one program of a candidate's, with all processes that it starts, may use. */
export const LIMITS = {
  /** Resident memory of all its processes, in bytes. Checked four times a second. */
  memory: 1024 ** 3,
  /** Memory that one process may write to, in bytes: the kernel refuses more. */
  data: 4 * 1024 ** 3,
  /** Processes and threads. A Node process has about 12. */
  tasks: 512,
  /** Open files of one process. */
  files: 4_096,
  /** Bytes of one file that it writes. */
  fileSize: 256 * 1024 ** 2,
  /** Bytes and files of its folder. Checked about once a second. */
  disk: 512 * 1024 ** 2,
  diskFiles: 20_000,
  /** Bytes of its /tmp, which is in memory. */
  tmp: 64 * 1024 ** 2,
  /** Bytes that it prints. */
  output: 64 * 1024 ** 2,
  /** CPU seconds of one process. */
  cpu: 300,
  /** Seconds that it may run. */
  life: 900,
  /** Seconds without a report from inside: somebody in there stopped the reporter. */
  silence: 20,
} as const;

/** The limits that the kernel holds, as arguments of util-linux's `prlimit`. */
export function kernelLimits(): string[] {
  return [
    `--nproc=${LIMITS.tasks}`,
    `--nofile=${LIMITS.files}`,
    `--fsize=${LIMITS.fileSize}`,
    `--data=${LIMITS.data}`,
    `--cpu=${LIMITS.cpu}`,
    '--core=0',
  ];
}
