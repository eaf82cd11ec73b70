/** A gateway whose event loop is late: no client that sent in time is given up, however slow the machine is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startFaultGateway } from '../faults/support.ts';
import type { TestGateway } from '../support/gateway.ts';

/** Long enough for the threads of the clients on a busy machine, which send as soon as they can. */
const LIMITS = { headersMs: 3_000, requestMs: 3_500, checkEveryMs: 100 };
/** Longer than any of the limits. */
const STILL_MS = 4_000;
const WORKING_MS = 1_000;
const PULSES = 4;
const BODY = JSON.stringify({ model: 'oai/gpt-4o', messages: [{ role: 'user', content: 'hi' }] });

/** Counts of what clients saw, by status or by the error of their connection. */
type Outcomes = Readonly<Record<string, number>>;

/** Runs in a thread of its own, so that clients send while the gateway stands still. */
const CLIENTS = `
const { parentPort, workerData } = require('node:worker_threads');
const { Agent, request } = require('node:http');
const { url, key, body, clients, rounds, pauseMs } = workerData;
const outcomes = {};
const note = (outcome) => { outcomes[outcome] = (outcomes[outcome] ?? 0) + 1; };
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const ask = () => new Promise((resolve) => {
  const call = request(url, { method: 'POST', agent, headers: {
    authorization: 'Bearer ' + key, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
  } });
  call.on('response', (response) => {
    response.resume();
    response.on('end', () => { note(response.statusCode); resolve(); });
    response.on('error', (error) => { note(error.code ?? error.message); resolve(); });
  });
  call.on('error', (error) => { note(error.code ?? error.message); resolve(); });
  call.end(body);
});
const run = async () => {
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    parentPort.postMessage('sending');
    await Promise.all(Array.from({ length: clients }, ask));
  }
  agent.destroy();
  parentPort.postMessage(outcomes);
};
run();
`;

/** Keeps the event loop of this process from doing anything. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('a late event loop', { timeout: 180_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway({ limits: LIMITS });
  });
  after(() => gateway.close());

  const clients = (count: number, rounds = 1, pauseMs = 0): Worker =>
    new Worker(CLIENTS, {
      eval: true,
      workerData: {
        url: `${gateway.url}/v1/chat/completions`,
        key: gateway.masterKey,
        body: BODY,
        ...{ clients: count, rounds, pauseMs },
      },
    });

  /** Stands still again and again, longer than the limits allow, while the clients send and wait for their answers. */
  async function serveInPulses(worker: Worker): Promise<Outcomes> {
    let outcomes: Outcomes | undefined;
    worker.on('message', (message: Outcomes | 'sending') => {
      if (message !== 'sending') outcomes = message;
    });
    for (let pulse = 0; outcomes === undefined; pulse += 1) {
      if (pulse < PULSES) standStill(STILL_MS);
      await wait(WORKING_MS);
    }
    return outcomes;
  }

  test('2,000 connections at once while it stands still again and again: every one gets an answer, none is reset', async () => {
    const outcomes = await serveInPulses(clients(2_000));
    const { 200: served = 0, 503: refused = 0, ...others } = outcomes;
    assert.deepEqual(others, {});
    assert.equal(served + refused, 2_000);
    process.stdout.write(`  served ${served}, refused ${refused}\n`);
  });

  test('a request that waits in a kept connection is answered, though the pause was longer than any limit', async () => {
    const outcomes = await serveInPulses(clients(50, 3, 100));
    assert.deepEqual(outcomes, { 200: 150 });
  });

  test('a client that sends nothing is still given up', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    const startedMs = performance.now();
    socket.resume();
    await once(socket, 'close');
    assert.ok(performance.now() - startedMs >= LIMITS.headersMs);
  });
});
