// Ctrl-C reaches every process of the terminal's group. The command then cancels the run, and the
// worker puts its service and its leases away. A second Ctrl-C ends the worker immediately.
process.once('SIGINT', () => {});
