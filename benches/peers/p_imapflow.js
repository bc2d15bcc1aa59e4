// imapflow on the measured workloads: node p_imapflow.js WORKLOAD plain|tls, with NODE_PATH where it is installed.
const fs = require('fs');
const { ImapFlow } = require('imapflow');

const [workload, mode] = process.argv.slice(2);

if (workload === 'first') {
  // From nothing to the only message of a mailbox, see latency.py; with the library's defaults.
  const env = process.env;
  (async () => {
    const start = process.hrtime.bigint();
    const client = new ImapFlow({
      host: 'localhost',
      port: Number(env.BENCH_TLS_PORT),
      secure: true,
      tls: { ca: fs.readFileSync(env.BENCH_CA) },
      auth: { user: env.BENCH_USER, pass: env.BENCH_PASSWORD },
      logger: false,
    });
    await client.connect();
    await client.mailboxOpen(env.BENCH_MAILBOX);
    const message = await client.fetchOne('*', { source: true });
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
    console.log('first', message.source.length, milliseconds.toFixed(3));
    process.exit(0);
  })().catch((error) => {
    console.error(error);
    process.exit(1);
  });
  return;
}

const tls = mode === 'tls';
const client = new ImapFlow({
  host: tls ? 'localhost' : '127.0.0.1',
  port: Number(tls ? process.env.BENCH_TLS_PORT : process.env.BENCH_PLAIN_PORT),
  secure: tls,
  doSTARTTLS: false,
  tls: tls ? { ca: fs.readFileSync(process.env.BENCH_CA) } : {},
  auth: { user: 'user', pass: 'pass', loginMethod: 'LOGIN' },
  logger: false,
  disableAutoIdle: true,
  disableCompression: true,
});

(async () => {
  await client.connect();
  await client.mailboxOpen(workload);
  let rows = 0;
  let sum = 0;
  if (workload === 'search') {
    const hits = await client.search({ all: true }, { uid: true });
    rows = hits.length;
    sum = hits.reduce((a, b) => a + b, 0);
  } else if (workload === 'w2') {
    const items = { uid: true, flags: true, internalDate: true, size: true, envelope: true, bodyStructure: true };
    for await (const row of client.fetch('1:*', items, { uid: true })) {
      rows++;
      if (row.envelope && row.bodyStructure && row.internalDate) sum += row.size;
    }
  } else if (workload === 'w4') {
    for await (const row of client.fetch('1:*', { uid: true, flags: true }, { uid: true })) rows++;
    sum = (await client.search({ all: true }, { uid: true })).length;
  } else {
    for await (const row of client.fetch('1:*', { source: true }, { uid: true })) {
      rows++;
      sum += row.source.length;
    }
  }
  console.log(workload, rows, sum);
  await client.logout();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
