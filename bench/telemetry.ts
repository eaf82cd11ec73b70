/**
 * What telemetry costs per request, in nanoseconds: `node bench/telemetry.ts`. Each number is the median of nine rounds of
 * 100,000 requests from 100 keys; lines go to /dev/null, so that only our share is measured.
 */
import { openSync } from 'node:fs';
import pino from 'pino';
import { formatUsd } from '../src/core/money.ts';
import { createLogger } from '../src/telemetry/log.ts';
import { LogWriter } from '../src/telemetry/log-writer.ts';
import { MetricsRecorder } from '../src/telemetry/recorder.ts';
import type { SettledExchange, SettledSink } from '../src/telemetry/settled.ts';
import { SettledQueue } from '../src/telemetry/sinks.ts';

const ROUNDS = 9;
const REQUESTS = 100_000;
const KEYS = 100;

const groups = ['gpt-4o', 'claude-3-7-sonnet', 'deepseek-chat', 'glm-4'];
const callers = Array.from({ length: KEYS }, (_, index) => ({
  keyHash: `${String(index).padStart(4, '0')}5f2b`.repeat(6),
  keyAlias: `tenant-${index}`,
  teamId: 'platform',
}));
const settledRequests: SettledExchange[] = Array.from({ length: 1000 }, (_, index) => {
  const group = groups[index % groups.length] ?? '';
  return {
    callId: `0197f3c2-6b1d-7a40-9d5c-${String(index).padStart(12, '0')}`,
    route: '/v1/chat/completions',
    path: '/v1/chat/completions',
    caller: callers[index % KEYS],
    requestedModel: group,
    group,
    askedGroup: group,
    endUser: undefined,
    lane: index % 4 === 0 ? 'translate' : 'relay',
    laneReason: index % 4 === 0 ? 'other-format' : 'same-format',
    stream: index % 2 === 0,
    attempts: [
      {
        deploymentId: `deployment-${index % groups.length}`,
        provider: 'openai',
        model: `${group}-2026`,
        apiBase: 'https://api.example.com',
        status: 200,
        startedMs: 0,
        durationMs: 812.4521 + index,
        firstByteMs: 120.1,
      },
    ],
    status: 200,
    outcome: 'success',
    error: undefined,
    usage: { inputTokens: 812, outputTokens: 96, cachedInputTokens: 512 },
    cost: 1_234_567_000n + BigInt(index),
    unpriced: false,
    dropped: 0,
    startedAtMs: Date.now(),
    durationMs: 813.1234 + index,
    firstByteMs: 121.345,
    overheadMs: 0.4321,
  };
});

async function measure(name: string, take: (settled: SettledExchange) => void): Promise<void> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    // In groups of 20, as a busy server settles several requests in one turn of its event loop.
    for (let index = 0; index < REQUESTS; index += 20) {
      for (let inner = 0; inner < 20; inner++) {
        const settled = settledRequests[(index + inner) % settledRequests.length];
        if (settled !== undefined) take(settled);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    const used = process.cpuUsage(before);
    rounds.push(((used.user + used.system) * 1000) / REQUESTS);
  }
  rounds.sort((a, b) => a - b);
  process.stdout.write(`${name.padEnd(44)} ${Math.round(rounds[ROUNDS >> 1] ?? 0)} ns\n`);
}

function viaPino(): SettledSink {
  const writer = new LogWriter({ fd: openSync('/dev/null', 'w') });
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    writer,
  );
  return {
    take(settled) {
      const last = settled.attempts[0];
      logger.info(
        {
          call_id: settled.callId,
          route: settled.route,
          status: settled.status,
          outcome: settled.outcome,
          key_alias: settled.caller?.keyAlias,
          key_hash: settled.caller?.keyHash.slice(0, 8),
          team: settled.caller?.teamId,
          group: settled.group,
          askedGroup: settled.group,
          deployment: last?.deploymentId,
          provider: last?.provider,
          lane: settled.lane,
          lane_reason: settled.laneReason,
          stream: settled.stream,
          attempts: settled.attempts.length,
          input_tokens: settled.usage?.inputTokens,
          output_tokens: settled.usage?.outputTokens,
          cached_tokens: settled.usage?.cachedInputTokens,
          cost_usd: settled.cost === undefined ? undefined : formatUsd(settled.cost),
          duration_ms: settled.durationMs,
          first_byte_ms: settled.firstByteMs,
          overhead_ms: settled.overheadMs,
        },
        'request',
      );
    },
  };
}

const metrics = new MetricsRecorder({ version: 'bench', hidePersonalData: false, processMetrics: false });
const log = createLogger(
  { logLevel: 'info', logFormat: 'json', hidePersonalData: false },
  { stdout: { fd: openSync('/dev/null', 'w') } },
);
const withPino = viaPino();
const direct: SettledSink[] = [metrics, log.requests];
const queue = new SettledQueue(direct);

await measure('nothing (the loop of this script)', () => {});
await measure('metrics', (settled) => metrics.take(settled));
await measure('log line, by hand', (settled) => log.requests.take(settled));
await measure('log line, by pino', (settled) => withPino.take(settled));
await measure('metrics and log, called directly', (settled) => {
  for (const sink of direct) sink.take(settled);
});
await measure('metrics and log, through the queue', (settled) => queue.take(settled));
await log.close();
