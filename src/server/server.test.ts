import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { Edge } from './server.ts';

test('a fault names the path of its request, and never the query, where clients of Google put their key', async () => {
  const faults: string[] = [];
  const loaded = loadConfig({ files: [], env: {}, knownProviders: [] }).config;
  assert.ok(loaded !== undefined);
  const metrics = { ...loaded.telemetry.metrics, requireAuth: false };
  const config = { ...loaded, telemetry: { ...loaded.telemetry, metrics } };
  const parts = {
    clock: systemClock,
    freeRates: { take: () => undefined },
    onFault: (what: string) => faults.push(what),
  };
  const edge = new Edge({
    version: '0',
    parts: parts as unknown as Parts,
    snapshot: () => ({ config }) as unknown as Snapshot,
    management: () => undefined,
    metrics: () => Promise.reject(new Error('a bug')),
  });
  const port = await edge.listen('127.0.0.1', 0);
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics?key=secret-of-a-client`);
    assert.equal(answer.status, 500);
    assert.deepEqual(faults, ['GET /metrics failed']);
  } finally {
    await edge.close();
  }
});
