// Entry of `npm start`, `npm test` and `npm run labs`. This file uses only syntax that Node before 18
// can parse, so that an old Node can print the message below. The rest is in bootstrap/.
const major = Number(process.versions.node.split('.')[0]);

if (major < 18) {
  process.stderr.write(
    'labs: Node ' +
      process.versions.node +
      ' is too old. Install Node 18 or newer (https://nodejs.org) and run this again.\n',
  );
  process.exit(3);
} else if (process.platform === 'win32') {
  // The labs need process groups and a shell.
  process.stderr.write(
    'labs: the labs run on Linux and macOS. On Windows, use WSL 2: run `wsl --install`, clone the ' +
      'repository into its Linux file system, and run this there.\n',
  );
  process.exit(3);
} else {
  void import('./bootstrap/main.mjs').then(({ main }) => main(process.argv.slice(2)));
}
