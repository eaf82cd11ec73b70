/**
 * The load generator, in a process of its own: takes jobs from its parent, keeps connections open, and reads HTTP just well
 * enough to know where an answer ends. Bounded in requests and time. Head and body are written apart, as most clients do it,
 * which is what brings stalls to light.
 */
import { connect, type Socket } from 'node:net';
import type { LoadJob, LoadResult, Spread } from './load-job.ts';

/** Where requests end up that wait for a delayed acknowledgement (40 ms on Linux), and the windows of the same width beside it. */
const STALL_MS = [38, 46] as const;
const BESIDE_MS = [
  [28, 36],
  [48, 56],
] as const;
const GIVE_UP_MS = 20_000;
const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const EVENT_END = Buffer.from('\n\n');

/** The state all connections of a job share. */
class Run {
  readonly job: LoadJob;
  readonly head: string;
  readonly body: Buffer;
  readonly latencies: number[] = [];
  readonly firstBytes: number[] = [];
  readonly stopAt: number;
  begun = 0;
  failures = 0;
  failure: string | undefined;
  events = 0;

  constructor(job: LoadJob) {
    this.job = job;
    this.body = Buffer.from(job.body);
    const headers = Object.entries(job.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.head = `POST ${job.path} HTTP/1.1\r\nhost: 127.0.0.1:${job.port}\r\nuser-agent: sluice-bench\r\naccept: */*\r\ncontent-type: application/json\r\ncontent-length: ${this.body.length}\r\n${headers.join('')}\r\n`;
    this.stopAt = performance.now() + job.maxMs;
  }

  mayBegin(): boolean {
    if (this.begun >= this.job.maxRequests || performance.now() >= this.stopAt || this.failures > 20) return false;
    this.begun++;
    return true;
  }

  fail(reason: string): void {
    this.failures++;
    this.failure ??= reason;
  }
}

/** One connection: a request after the other. */
class Connection {
  readonly #run: Run;
  readonly #socket: Socket;
  #head: Buffer | undefined;
  #isInBody = false;
  #isChunked = false;
  #left = 0;
  #tail: Buffer = Buffer.alloc(0);
  #status = 200;
  #startedAt = 0;
  #firstByteAt = 0;

  constructor(run: Run, done: () => void) {
    this.#run = run;
    this.#socket = connect(run.job.port, '127.0.0.1', () => this.#next());
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (data) => this.#read(data));
    this.#socket.on('error', (error) => run.fail(error.message));
    this.#socket.on('close', () => {
      if (this.#startedAt !== 0) run.fail('the connection was closed in the middle of an answer');
      done();
    });
    this.#socket.setTimeout(GIVE_UP_MS, () => {
      run.fail('no answer in time');
      this.#startedAt = 0;
      this.#socket.destroy();
    });
  }

  #next(): void {
    if (!this.#run.mayBegin()) {
      this.#startedAt = 0;
      this.#socket.end();
      return;
    }
    this.#isInBody = false;
    this.#head = undefined;
    this.#firstByteAt = 0;
    this.#tail = Buffer.alloc(0);
    this.#startedAt = performance.now();
    this.#socket.write(this.#run.head, 'latin1');
    this.#socket.write(this.#run.body);
  }

  #read(data: Buffer): void {
    let body = data;
    if (!this.#isInBody) {
      const head = this.#head === undefined ? data : Buffer.concat([this.#head, data]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) {
        this.#head = head;
        return;
      }
      this.#readHead(head.toString('latin1', 0, end).toLowerCase());
      body = head.subarray(end + 4);
      if (body.length === 0 && this.#left > 0) return;
    }
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
    this.#countEvents(body);
    if (this.#isChunked) {
      this.#tail = Buffer.concat([this.#tail, body.subarray(-LAST_CHUNK.length)]).subarray(-LAST_CHUNK.length);
      if (this.#tail.equals(LAST_CHUNK)) this.#finish();
    } else {
      this.#left -= body.length;
      if (this.#left <= 0) this.#finish();
    }
  }

  #readHead(head: string): void {
    this.#isInBody = true;
    this.#status = Number(head.slice(9, 12));
    this.#isChunked = head.includes('transfer-encoding: chunked');
    this.#left = this.#isChunked ? Number.POSITIVE_INFINITY : Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  }

  #countEvents(body: Buffer): void {
    let from = 0;
    for (;;) {
      const at = body.indexOf(EVENT_END, from);
      if (at < 0) return;
      this.#run.events++;
      from = at + 2;
    }
  }

  #finish(): void {
    const now = performance.now();
    const run = this.#run;
    if (this.#status === 200) {
      run.latencies.push(now - this.#startedAt);
      run.firstBytes.push(this.#firstByteAt - this.#startedAt);
    } else run.fail(`status ${this.#status}`);
    this.#next();
  }
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** How many more there are around 40 ms than beside it: slow requests spread out, stalls cluster. */
function stalls(latencies: readonly number[]): number {
  const within = ([from, to]: readonly [number, number]) => latencies.filter((ms) => ms >= from && ms < to).length;
  return Math.max(0, within(STALL_MS) - within(BESIDE_MS[0]) - within(BESIDE_MS[1]));
}

async function perform(job: LoadJob): Promise<LoadResult> {
  const run = new Run(job);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: job.connections }, () => new Promise<void>((done) => new Connection(run, done))),
  );
  return {
    requests: run.latencies.length,
    failures: run.failures,
    failure: run.failure,
    seconds: (performance.now() - startedAt) / 1000,
    latency: spread(run.latencies),
    firstByte: spread(run.firstBytes),
    events: run.events,
    stalls: stalls(run.latencies),
  };
}

process.on('message', (job: LoadJob) => {
  perform(job).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
