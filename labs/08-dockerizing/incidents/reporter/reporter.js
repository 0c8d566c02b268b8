const { connect } = require('node:net');

const { hostname, port } = new URL(process.env.DATABASE_URL);
console.log('reporter: asking the database');
const socket = connect({ host: hostname, port: Number(port), family: 4 });
socket.on('connect', () => process.exit(0));
socket.on('error', (error) => {
  console.error(`reporter: the database does not answer: ${error.message}`);
  process.exit(1);
});
