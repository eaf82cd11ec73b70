/** What the journeys of reliability share: a gateway over named deployments, the `openai` client, and what both sides saw. */
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import type { SeenRequest } from '../../simulator/contract.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** A deployment behind the simulator: `west` and so on is what it is called there, and what its faults are scripted by. */
export function deployment(group: string, name: string, model = 'openai/gpt-4o', more: JsonObject = {}): JsonObject {
  // The Anthropic client's base has no version in it, as in every configuration.
  const base = `\${SIMULATOR_URL}/${name}${model.startsWith('anthropic/') ? '' : '/v1'}`;
  return {
    model_name: group,
    litellm_params: { model, api_base: base, api_key: 'os.environ/PROVIDER_KEY', ...more },
    model_info: { id: name },
  };
}

/** The plain configuration: `chat` at one provider, `backup` at another, and the one falls back to the other. */
export const PLAIN: Setup = {
  deployments: [deployment('chat', 'west'), deployment('backup', 'east', 'anthropic/claude-sonnet-4-5')],
  fallbacks: [{ chat: ['backup'] }],
};

/** `chat` at one provider, and nothing to fall back to. */
export const ALONE: Setup = { deployments: [deployment('chat', 'west')] };

/** `chat` at two deployments of the same model; the first takes what it can. */
export const PAIR: Setup = {
  deployments: [
    deployment('chat', 'west', 'openai/gpt-4o', { order: 1 }),
    deployment('chat', 'east', 'openai/gpt-4o', { order: 2 }),
  ],
};

/** What a user would write into the configuration file. */
export interface Setup {
  readonly deployments: readonly JsonObject[];
  readonly fallbacks?: readonly JsonObject[];
  readonly litellm?: JsonObject;
  readonly router?: JsonObject;
  readonly general?: JsonObject;
  /** Faults by the deployment that has them. */
  readonly faults?: Readonly<Record<string, string>>;
}

/** One attempt as the provider saw it, in milliseconds since the first of all. */
export interface SeenAttempt {
  readonly deployment: string;
  readonly atMs: number;
  readonly request: SeenRequest;
}

/** What the client got. */
export interface Answer {
  readonly text: string;
  readonly model: string;
  /** Every name the stream carried; one for an answer in one piece. */
  readonly models: readonly string[];
  readonly finish: string | undefined;
  readonly usage: OpenAI.CompletionUsage | undefined;
  readonly headers: Headers;
  readonly callId: string;
  /** The error the client library threw; what came before it stands beside it. */
  readonly error: Error | undefined;
  readonly status: number;
  readonly tookMs: number;
}

export interface World {
  readonly gateway: TestGateway;
  readonly openai: OpenAI;
  /** Asks as the client would. `Say: …` as the prompt is answered with exactly these words. */
  ask(options?: AskOptions): Promise<Answer>;
  attempts(): SeenAttempt[];
  /** The names of the deployments in the order they were asked. */
  way(): string[];
  /** The line of the request in the log. */
  books(answer: Answer): Promise<JsonObject>;
}

export interface AskOptions {
  readonly stream?: boolean;
  readonly model?: string;
  readonly prompt?: string;
  readonly more?: JsonObject;
}

/** Sixty tokens, each of them different, so that nothing can be lost, doubled or swapped unseen. */
export const SIXTY = Array.from({ length: 60 }, (_, index) => `w${index}`).join(' ');

/** Runs a journey in a world of its own. */
export async function inWorld(setup: Setup, body: (world: World) => Promise<void>): Promise<void> {
  const gateway = await startTestGateway({ config: configOf(setup) });
  try {
    for (const [name, fault] of Object.entries(setup.faults ?? {})) {
      gateway.simulator.script({ match: { deployment: name }, fault });
    }
    await body(worldOf(gateway));
  } finally {
    await gateway.close();
  }
}

/** The configuration file of a setup. */
export function configOf({ deployments, fallbacks, litellm, router, general }: Setup): string {
  return JSON.stringify({
    model_list: deployments,
    litellm_settings: { ...(fallbacks !== undefined && { fallbacks }), ...litellm },
    ...(router !== undefined && { router_settings: router }),
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
  });
}

export function worldOf(gateway: TestGateway): World {
  // Its own retries would hide ours.
  const openai = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  const attempts = (): SeenAttempt[] => {
    const { requests } = gateway.simulator;
    const firstMs = requests[0]?.receivedAtMs ?? 0;
    return requests.map((request) => ({
      deployment: request.deployment,
      atMs: request.receivedAtMs - firstMs,
      request,
    }));
  };
  return {
    gateway,
    openai,
    attempts,
    way: () => attempts().map((attempt) => attempt.deployment),
    books: (answer) => gateway.requestLine(answer.callId),
    ask: (options = {}) => (options.stream === true ? askStreamed(openai, options) : askWhole(openai, options)),
  };
}

const bodyOf = ({ model = 'chat', prompt = `Say: ${SIXTY}`, more = {} }: AskOptions) => ({
  model,
  messages: [{ role: 'user' as const, content: prompt }],
  ...more,
});

async function askWhole(openai: OpenAI, options: AskOptions): Promise<Answer> {
  const since = performance.now();
  try {
    const { data, response } = await openai.chat.completions.create(bodyOf(options)).withResponse();
    const [choice] = data.choices;
    return {
      text: choice?.message.content ?? choice?.message.refusal ?? '',
      model: data.model,
      models: [data.model],
      finish: choice?.finish_reason,
      usage: data.usage,
      ...factsOf(response),
      error: undefined,
      tookMs: performance.now() - since,
    };
  } catch (error) {
    return failed(error, {}, since);
  }
}

async function askStreamed(openai: OpenAI, options: AskOptions): Promise<Answer> {
  const since = performance.now();
  const seen: { -readonly [Key in keyof Answer]?: Answer[Key] } = { text: '' };
  const models = new Set<string>();
  try {
    const { data, response } = await openai.chat.completions
      .create({ ...bodyOf(options), stream: true, stream_options: { include_usage: true } })
      .withResponse();
    Object.assign(seen, factsOf(response));
    for await (const chunk of data) {
      seen.model = chunk.model;
      models.add(chunk.model);
      const [choice] = chunk.choices;
      seen.text += choice?.delta.content ?? choice?.delta.refusal ?? '';
      if (choice?.finish_reason) seen.finish = choice.finish_reason;
      if (chunk.usage) seen.usage = chunk.usage;
    }
    return { ...answerOf({ ...seen, models: [...models] }), error: undefined, tookMs: performance.now() - since };
  } catch (error) {
    return failed(error, seen, since);
  }
}

function factsOf({ headers, status }: Response): Pick<Answer, 'headers' | 'callId' | 'status'> {
  return { headers, status, callId: headers.get('x-litellm-call-id') ?? '' };
}

function answerOf(seen: Partial<Answer>): Answer {
  return {
    text: seen.text ?? '',
    model: seen.model ?? '',
    models: seen.models ?? [],
    finish: seen.finish,
    usage: seen.usage,
    headers: seen.headers ?? new Headers(),
    callId: seen.callId ?? '',
    error: undefined,
    status: seen.status ?? 0,
    tookMs: 0,
  };
}

function failed(error: unknown, seen: Partial<Answer>, since: number): Answer {
  assert.ok(error instanceof Error);
  const tookMs = performance.now() - since;
  if (!(error instanceof OpenAI.APIError)) return { ...answerOf(seen), error, tookMs };
  const headers = seen.headers ?? error.headers ?? new Headers();
  const callId = headers.get('x-litellm-call-id') ?? '';
  return { ...answerOf(seen), headers, callId, status: error.status ?? seen.status ?? 0, error, tookMs };
}

/** Asserts that the client has the whole answer, once, as if nothing had happened. */
export function assertServed(answer: Answer, text = SIXTY): void {
  assert.equal(answer.error, undefined, `${answer.error?.message} after “${answer.text}”`);
  assert.equal(answer.text, text);
  assert.equal(answer.finish, 'stop');
  assert.ok((answer.usage?.completion_tokens ?? 0) > 0, 'tells usage');
}

/** Asserts that the client learnt of the failure: it cannot take what came for an answer. */
export function assertClearError(answer: Answer): void {
  assert.ok(answer.error instanceof OpenAI.APIError, `${answer.error?.name ?? 'no error'} after “${answer.text}”`);
  assert.ok(answer.error.message.length > 10, answer.error.message);
  assert.equal(answer.finish, undefined, 'no reason to stop was given');
}
