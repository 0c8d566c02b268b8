/** Namespaces of its own for each program, as arguments of bubblewrap; it cannot make further ones. */
export const ISOLATION: readonly string[] = [
  ['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ['--disable-userns', '--die-with-parent', '--hostname', 'sandbox'],
].flat();
