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
} else {
  void import('./bootstrap/main.mjs').then(({ main }) => main(process.argv.slice(2)));
}
