// npm run consumers -- clients/label-printer.json [another.json …]
// TODO(task 4): replay the interactions of each file against PROVIDER_URL.
const files = process.argv.slice(2);
console.error(`cannot replay ${files.join(', ') || 'nothing'} yet`);
process.exitCode = 2;
