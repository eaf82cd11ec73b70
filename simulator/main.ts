import { parseArgs } from 'node:util';
import { NO_LATENCY, REALISTIC_LATENCY } from './contract.ts';
import { startSimulator } from './start.ts';

const USAGE = `node simulator/main.ts [--host 127.0.0.1] [--port 4010] [--latency none|realistic] [--seed 1] [--quiet]\n`;

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '4010' },
    latency: { type: 'string', default: 'none' },
    seed: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || (values.latency !== 'none' && values.latency !== 'realistic')) {
  process.stderr.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const simulator = await startSimulator({
  host: values.host,
  port: Number(values.port),
  seed: values.seed,
  latency: values.latency === 'realistic' ? REALISTIC_LATENCY : NO_LATENCY,
  ...(values.quiet ? {} : { log: (line: string) => void process.stderr.write(`${line}\n`) }),
});
process.stdout.write(`simulator listens on ${simulator.url}\n`);

const stop = (): void => {
  void simulator.close().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
