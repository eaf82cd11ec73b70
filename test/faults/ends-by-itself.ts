/** Runs a gateway through faults and clients that leave, closes it, and must then have nothing that keeps it alive. */
import { ask, readAll, startFaultGateway } from './support.ts';

const gateway = await startFaultGateway();
const faults = [
  'reset-before-headers',
  'reset-after-10-of-40',
  'hang',
  'stall-after-5',
  'no-done-open',
  'gzip-corrupt',
  'gzip-bomb',
  'header-bomb',
  'chunked-garbage',
  'infinite',
  '500',
];
await Promise.all(
  faults.flatMap((fault) => [
    ask(gateway, 'openai', `oai/gpt-4o+fault-${fault}`, true),
    ask(gateway, 'anthropic', `oai/gpt-4o+fault-${fault}`, false),
  ]),
);
// Clients that leave, and one that is still there when the gateway closes.
for (const model of ['oai/gpt-4o+fault-hang', 'oai/gpt-4o+tokens-400+latency-10-20']) {
  const leaving = new AbortController();
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
  const headers = { authorization: `Bearer ${gateway.masterKey}` };
  const sent = fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body, signal: leaving.signal });
  sent.then(readAll, () => {});
  setTimeout(() => leaving.abort(), 100);
}
const staying = ask(gateway, 'openai', 'oai/gpt-4o+tokens-400+latency-10-20', true).catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 300));
await gateway.close();
await staying;
process.stdout.write('closed\n');
