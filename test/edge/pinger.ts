/**
 * Run as a process of its own: pings an address until its input ends, and then says the longest time that an answer took. Instead of
 * an address `self`: a server in the same process, which works for 10 ms out of 50 as a gateway under load does. What it waits is
 * what the machine makes any such process wait.
 */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const [, , target = 'self'] = process.argv;
const EVERY_MS = 10;
const WORK_MS = 10;
const WORK_EVERY_MS = 50;

const agent = new Agent({ keepAlive: true });
const url = target === 'self' ? await startSelf() : target;
let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});
const times: number[] = [];
while (!isOver) {
  times.push(await ping());
  await wait(EVERY_MS);
}
process.stdout.write(JSON.stringify({ pings: times.length, longestMs: Math.max(...times) }));
process.exit(0);

function ping(): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { agent }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      answer.resume().on('end', () => resolve(performance.now() - startedMs));
    })
      .on('error', reject)
      .end();
  });
}

async function startSelf(): Promise<string> {
  const server = createServer((_question, answer) => answer.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  setInterval(work, WORK_EVERY_MS);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function work(): void {
  const before = process.threadCpuUsage();
  while (process.threadCpuUsage(before).user < WORK_MS * 1_000);
}
