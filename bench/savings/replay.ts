/** Sends the composite replay through the whole gateway, with some of the levers on, and judges the answers. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ScriptHandle } from '../../simulator/contract.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { ONE_ATTEMPT } from '../../test/support/default-config.ts';
import { DrivenClock } from '../../test/support/driven-clock.ts';
import { startTestGateway, type TestGateway } from '../../test/support/gateway.ts';
import type { Asked, Question, Workload } from './workload.ts';

/** What can be switched on. */
export const LEVERS = ['model', 'answer_cache', 'prompt_cache', 'compression'] as const;
export type Lever = (typeof LEVERS)[number];

/** One run. */
interface Setup {
  readonly levers: ReadonlySet<Lever>;
  /** What `sluice calibrate` wrote; undefined: nothing was learnt. */
  readonly routerFile: string | undefined;
  /** The model of questions without the lever. */
  readonly baseline: string;
}

/** What it cost, and how good it was. */
export interface Outcome {
  readonly cost: number;
  /** What the ledger says that it would have cost. */
  readonly requested: number;
  readonly byMechanism: Readonly<Record<string, string>>;
  readonly good: Readonly<Record<Asked['kind'], number>>;
  readonly asked: Readonly<Record<Asked['kind'], number>>;
}

const SESSION_TOKENS = 30;
const ANSWER_TOKENS = 20;
const SESSION_MS = 20_000;
const OTHER_MS = 1_000;
const PER_MILLION = 1e-6;
const COMPRESSED_TO = 0.3;
const NO_COUNTS: Outcome['good'] = { session: 0, question: 0, repeat: 0, retrieval: 0 };

/** Replays all of it. */
export async function replay(workload: Workload, setup: Setup): Promise<Outcome> {
  const clock = new DrivenClock();
  const gateway = await startTestGateway({ config: configOf(workload, setup), clock });
  const [good, count] = [{ ...NO_COUNTS }, { ...NO_COUNTS }];
  const first = new Map<string, string>();
  try {
    for (const asked of workload.asked) {
      clock.forward(asked.kind === 'session' ? SESSION_MS : OTHER_MS);
      count[asked.kind] += 1;
      if (await isGood(gateway, asked, first)) good[asked.kind] += 1;
    }
    const total = await totalOf(gateway, workload.asked.length);
    return {
      cost: Number(total.cost),
      requested: Number(total.requested_cost),
      byMechanism: total.by_mechanism as Readonly<Record<string, string>>,
      good,
      asked: count,
    };
  } finally {
    await gateway.close();
  }
}

async function isGood(gateway: TestGateway, asked: Asked, first: Map<string, string>): Promise<boolean> {
  switch (asked.kind) {
    case 'session':
      // The same model reads the same words, whatever is cached of them.
      await send(gateway, { model: 'agent', messages: [...asked.messages], max_tokens: SESSION_TOKENS });
      return true;
    case 'retrieval': {
      await send(gateway, { model: 'retrieval', messages: [...asked.messages], max_tokens: ANSWER_TOKENS });
      const sent = gateway.simulator.requests.at(-1)?.rawBody.toString('utf8').toLowerCase() ?? '';
      return asked.answers.some((answer) => sent.includes(JSON.stringify(answer.toLowerCase()).slice(1, -1)));
    }
    case 'question':
    case 'repeat': {
      const { question } = asked;
      const content = await answerOf(gateway, question);
      const before = first.get(question.id);
      if (before === undefined) first.set(question.id, content);
      if (asked.kind === 'repeat') return before === content;
      return Object.values(question.models).some(({ ok, answer }) => ok && contentOf(answer) === content);
    }
  }
}

const contentOf = (answer: string): string => JSON.stringify({ reasoning: '', answer });

/** Asks with every model's recorded answer laid down at the provider, and removes them again. */
async function answerOf(gateway: TestGateway, question: Question): Promise<string> {
  const rules: ScriptHandle[] = Object.entries(question.models).map(([model, { answer, outputTokens }]) =>
    gateway.simulator.script({
      match: { model },
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        json: {
          ...{ id: `chatcmpl-${question.id}`, object: 'chat.completion', created: 1, model },
          choices: [{ index: 0, message: { role: 'assistant', content: contentOf(answer) }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: question.inputTokens,
            completion_tokens: outputTokens,
            total_tokens: question.inputTokens + outputTokens,
          },
        },
      },
    }),
  );
  try {
    const messages = [{ role: 'user', content: question.prompt }];
    const { choices } = await send(gateway, { model: 'questions', messages, temperature: 0 });
    const [choice] = choices as unknown as readonly { readonly message: { readonly content: string } }[];
    return choice?.message.content ?? '';
  } finally {
    for (const rule of rules) rule.remove();
  }
}

async function send(gateway: TestGateway, body: JsonObject): Promise<JsonObject> {
  const response = await gateway.post('/v1/chat/completions', body);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as JsonObject;
}

/** The sums of the ledger, once all rows are in it. */
async function totalOf(gateway: TestGateway, least: number): Promise<JsonObject> {
  for (const untilMs = performance.now() + 30_000; ; await wait(50)) {
    const { total } = (await (await gateway.get('/savings')).json()) as { total: JsonObject };
    if (Number(total.attempts) >= least) return total;
    if (performance.now() > untilMs) throw new Error(`${total.attempts} of ${least} rows`);
  }
}

function configOf({ prices }: Workload, { levers, routerFile, baseline }: Setup): string {
  const models = Object.entries(prices).map(([name, { inputPerMillion, outputPerMillion }]) => ({
    model_name: name,
    litellm_params: {
      ...{ model: `openai/${name}`, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
      input_cost_per_token: inputPerMillion * PER_MILLION,
      output_cost_per_token: outputPerMillion * PER_MILLION,
    },
  }));
  const byPrice = Object.entries(prices)
    .sort(([, one], [, other]) => one.outputPerMillion - other.outputPerMillion)
    .map(([name]) => name);
  const chosen = models.find(({ model_name: name }) => name === baseline);
  const questions = levers.has('model')
    ? {
        model: 'auto_router/cost-quality',
        candidates: [...byPrice.filter((name) => name !== baseline), baseline],
        baseline_model: baseline,
        ...(routerFile !== undefined && { router_file: routerFile }),
      }
    : chosen?.litellm_params;
  const sonnet = 3 * PER_MILLION;
  return JSON.stringify({
    model_list: [
      ...models,
      { model_name: 'questions', litellm_params: questions },
      {
        model_name: 'agent',
        litellm_params: {
          ...{
            model: 'anthropic/claude-sonnet-5',
            api_base: 'os.environ/SIMULATOR_URL',
            api_key: 'os.environ/PROVIDER_KEY',
          },
          ...{ input_cost_per_token: sonnet, output_cost_per_token: 15 * PER_MILLION },
          ...{ cache_creation_input_token_cost: 1.25 * sonnet, cache_read_input_token_cost: 0.1 * sonnet },
          cache_creation_input_token_cost_above_1hr: 2 * sonnet,
          ...(levers.has('prompt_cache') && { prompt_cache: 'auto' }),
        },
      },
      {
        model_name: 'retrieval',
        litellm_params: {
          ...{ model: 'openai/gpt-4o', api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
          ...{ input_cost_per_token: 2.5 * PER_MILLION, output_cost_per_token: 10 * PER_MILLION },
          ...(levers.has('compression') && { compress: COMPRESSED_TO }),
        },
      },
    ],
    router_settings: ONE_ATTEMPT,
    litellm_settings: {
      drop_params: true,
      ...(levers.has('answer_cache') && { cache: true, cache_params: { type: 'local', ttl: 86_400, scope: 'global' } }),
    },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  });
}
