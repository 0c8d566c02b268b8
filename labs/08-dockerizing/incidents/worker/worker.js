const seen = [];
console.log('worker: waiting for jobs');
setInterval(() => {
  seen.push(new Date());
  console.log(`worker: ${seen.length} rounds, ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
}, 500);
