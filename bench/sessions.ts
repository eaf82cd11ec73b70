/** `npm run bench -- sessions`: what agents with tool calls cost with the provider's prompt cache, through the whole gateway and the simulator. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../src/core/json.ts';
import { ONE_ATTEMPT } from '../test/support/default-config.ts';
import { DrivenClock } from '../test/support/driven-clock.ts';
import { startTestGateway, type TestGateway } from '../test/support/gateway.ts';

const FILE = '../shared/data/sessions/tau-airline.jsonl';
const DEPLOYMENTS = 3;
const EVERY_MS = 20_000;
const OUTPUT_TOKENS = 30;
/** USD per million tokens, and what is written and read in parts of the first. */
const PRICES = { input: 3, output: 15, write: 1.25, writeOneHour: 2, read: 0.1 };
/** The bill against one without a cache that has to be reached. */
const GOAL = 0.3;

interface Policy {
  readonly name: string;
  readonly params: JsonObject;
  /** Whether a conversation stays where its prompt is kept. */
  readonly hasAffinity: boolean;
}

const POLICIES: readonly Policy[] = [
  { name: 'off', params: {}, hasAffinity: true },
  { name: '`system`', params: { prompt_cache: 'system' }, hasAffinity: true },
  { name: '`auto`', params: { prompt_cache: 'auto' }, hasAffinity: true },
  { name: '`auto`, `compress: lossless`', params: { prompt_cache: 'auto', compress: 'lossless' }, hasAffinity: true },
  { name: '`auto`, `compress: 0.6`', params: { prompt_cache: 'auto', compress: 0.6 }, hasAffinity: true },
  { name: '`auto`, balanced at random', params: { prompt_cache: 'auto' }, hasAffinity: false },
  {
    name: 'always: `cache_control_injection_points`, balanced at random',
    params: {
      cache_control_injection_points: [
        { location: 'message', role: 'system' },
        { location: 'message', index: -1 },
      ],
    },
    hasAffinity: false,
  },
];

interface Bill {
  readonly calls: number;
  readonly prompt: number;
  readonly read: number;
  readonly written: number;
  readonly writtenOneHour: number;
  readonly output: number;
}

/** The calls of all sessions: what stands before each turn of the assistant. */
function readCalls(path: string): JsonObject[][] {
  const calls: JsonObject[][] = [];
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const { messages } = JSON.parse(line) as { messages: JsonObject[] };
    messages.forEach((message, index) => {
      if (message.role === 'assistant') calls.push(messages.slice(0, index));
    });
  }
  return calls;
}

const usd = ({ prompt, read, written, writtenOneHour, output }: Bill): number =>
  ((prompt - read - written) * PRICES.input +
    read * PRICES.input * PRICES.read +
    (written - writtenOneHour) * PRICES.input * PRICES.write +
    writtenOneHour * PRICES.input * PRICES.writeOneHour +
    output * PRICES.output) /
  1_000_000;

/** Prints the table; sets the exit code if the goal is missed. */
export async function printSessions(): Promise<void> {
  const path = fileURLToPath(new URL(`../${FILE}`, import.meta.url));
  if (!existsSync(path)) {
    process.stdout.write(`skipped: ${FILE} is absent\n`);
    return;
  }
  const calls = readCalls(path);
  process.stdout.write(
    `${calls.length} calls of agents, one each ${EVERY_MS / 1_000} s, ${DEPLOYMENTS} deployments with keys of their own, ${OUTPUT_TOKENS} tokens of output, ${PRICES.input} and ${PRICES.output} USD per million.\n\n`,
  );
  process.stdout.write(
    '| policy | bill, USD | against off | read | written | neither | ms per call |\n|---|---|---|---|---|---|---|\n',
  );
  let uncached: number | undefined;
  let cachedOnly = Number.POSITIVE_INFINITY;
  for (const policy of POLICIES) {
    const startedMs = performance.now();
    const bill = await replay(calls, policy);
    const perCall = (performance.now() - startedMs) / calls.length;
    const total = usd(bill);
    uncached ??= total;
    const share = (tokens: number): string => `${((100 * tokens) / bill.prompt).toFixed(1)} %`;
    const neither = bill.prompt - bill.read - bill.written;
    const cells = [
      policy.name,
      total.toFixed(3),
      (total / uncached).toFixed(3),
      share(bill.read),
      share(bill.written),
      share(neither),
      perCall.toFixed(1),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
    if (policy.name === '`auto`') cachedOnly = total;
    if (policy.params.compress !== undefined && total > cachedOnly) {
      process.stdout.write('\nmissed: compression made it dearer than the prompt cache alone\n');
      process.exitCode = 1;
    }
    if (policy.name === '`auto`' && total / uncached > GOAL) {
      process.stdout.write(`\nmissed: ${(total / uncached).toFixed(3)} is more than ${GOAL}\n`);
      process.exitCode = 1;
    }
  }
}

async function replay(calls: readonly JsonObject[][], policy: Policy): Promise<Bill> {
  const clock = new DrivenClock();
  const gateway = await startTestGateway({ config: configOf(policy), clock });
  try {
    for (const [number, messages] of calls.entries()) {
      await send(gateway, messages);
      clock.forward(EVERY_MS);
      // The simulator keeps the last requests; what was billed is read before they go.
      if (number % 1_000 === 0) await gateway.logLines();
    }
    const [billed] = Object.values(gateway.simulator.stats().models);
    if (billed === undefined || billed.requests !== calls.length) throw new Error('not every call was answered');
    return {
      calls: billed.requests,
      prompt: billed.promptTokens,
      read: billed.cachedTokens,
      written: billed.cacheWriteTokens,
      writtenOneHour: billed.cacheWriteOneHourTokens,
      output: billed.completionTokens,
    };
  } finally {
    await gateway.close();
  }
}

async function send(gateway: TestGateway, messages: readonly JsonObject[]): Promise<void> {
  const response = await gateway.post('/v1/chat/completions', { model: 'agent', messages, max_tokens: OUTPUT_TOKENS });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 500)}`);
}

function configOf({ params, hasAffinity }: Policy): string {
  const perToken = PRICES.input / 1_000_000;
  return JSON.stringify({
    model_list: Array.from({ length: DEPLOYMENTS }, (_, number) => ({
      model_name: 'agent',
      litellm_params: {
        model: 'anthropic/claude-sonnet-5',
        api_base: 'os.environ/SIMULATOR_URL',
        api_key: `sk-upstream-${number}`,
        input_cost_per_token: perToken,
        output_cost_per_token: PRICES.output / 1_000_000,
        cache_creation_input_token_cost: perToken * PRICES.write,
        cache_creation_input_token_cost_above_1hr: perToken * PRICES.writeOneHour,
        cache_read_input_token_cost: perToken * PRICES.read,
        ...params,
      },
    })),
    router_settings: { ...ONE_ATTEMPT, prefix_affinity: hasAffinity },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  });
}
