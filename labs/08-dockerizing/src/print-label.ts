/** The print job of one label, in a process of its own: the printer's driver may crash. */
const [id] = process.argv.slice(2);
console.log(`printed label ${id}`);
