/** Hedges, time limits and cut tool calls, for clients of the Responses API and of Gemini's format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FunctionDeclaration, GoogleGenAI } from '@google/genai';
import type { JsonObject } from '../../src/core/json.ts';
import { deployment, inWorld, type Setup, SIXTY, type World } from './world.ts';

/** What the client got: its words and the names of its calls, or the error that its package threw. */
interface Got {
  readonly text: string;
  readonly calls: readonly string[];
  readonly headers: Headers;
  readonly error: { readonly status: number | undefined; readonly message: string } | undefined;
}

type Ask = (world: World, options: { stream: boolean; tools?: boolean; prompt?: string }) => Promise<Got>;

const CITY: JsonObject = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** Keeps what the package's own transport was answered, because not every package shows its headers. */
class Seen {
  headers = new Headers();
  readonly fetch: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    this.headers = response.headers;
    return response;
  };
}

async function gotten(seen: Seen, run: (text: string[], calls: string[]) => Promise<void>): Promise<Got> {
  const text: string[] = [];
  const calls: string[] = [];
  const got = (error?: Got['error']): Got => ({ text: text.join(''), calls, headers: seen.headers, error });
  try {
    await run(text, calls);
    return got();
  } catch (error) {
    assert.ok(error instanceof Error && error.name !== 'AssertionError', String(error));
    return got({ status: (error as { status?: number }).status, message: error.message });
  }
}

const byResponses: Ask = ({ openai }, { stream, tools = false, prompt = `Say: ${SIXTY}` }) => {
  const seen = new Seen();
  const client = openai.withOptions({ fetch: seen.fetch });
  const asked = {
    model: 'chat',
    input: prompt,
    store: false,
    ...(tools && {
      tools: [{ type: 'function' as const, name: 'weather', parameters: CITY, strict: false }],
      tool_choice: 'required' as const,
    }),
  };
  return gotten(seen, async (text, calls) => {
    const response = stream
      ? await client.responses.stream(asked).finalResponse()
      : await client.responses.create(asked);
    assert.equal(response.status, 'completed');
    text.push(response.output_text);
    for (const item of response.output) if (item.type === 'function_call') calls.push(item.name);
  });
};

const byGemini: Ask = ({ gateway }, { stream, tools = false, prompt = `Say: ${SIXTY}` }) => {
  const seen = new Seen();
  const httpOptions = { baseUrl: gateway.url, fetch: seen.fetch };
  const google = new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions });
  const weather: FunctionDeclaration = {
    name: 'weather',
    description: 'Tells the weather.',
    parametersJsonSchema: CITY,
  };
  const asked = {
    model: 'chat',
    contents: prompt,
    ...(tools && { config: { tools: [{ functionDeclarations: [weather] }] } }),
  };
  return gotten(seen, async (text, calls) => {
    const answers = stream
      ? await google.models.generateContentStream(asked)
      : [await google.models.generateContent(asked)];
    let finish: string | undefined;
    for await (const answer of answers) {
      finish = answer.candidates?.[0]?.finishReason ?? finish;
      text.push(answer.candidates?.[0]?.content?.parts?.map((part) => part.text ?? '').join('') ?? '');
      for (const call of answer.functionCalls ?? []) calls.push(call.name ?? '');
    }
    if (finish !== 'STOP') throw new Error(`the stream ended without a reason to stop: ${finish}`);
  });
};

const CLIENTS: Readonly<Record<string, Ask>> = { 'the Responses API': byResponses, 'Gemini’s format': byGemini };

const OPENAI = 'openai/gpt-4o';
const CLAUDE = 'anthropic/claude-sonnet-4-5';
const GEMINI = 'gemini/gemini-2.5-pro';

/** `chat` at `west` first and then at `east`, and `backup` behind it. */
const setup = (model: string, router: JsonObject, faults: Record<string, string> = {}): Setup => ({
  deployments: [
    deployment('chat', 'west', model, { order: 1 }),
    deployment('chat', 'east', model, { order: 2 }),
    deployment('backup', 'north', OPENAI),
  ],
  fallbacks: [{ chat: ['backup'] }],
  router: { num_retries: 0, ...router },
  faults,
});

const alone = (model: string, router: JsonObject, faults: Record<string, string>): Setup => ({
  deployments: [deployment('chat', 'west', model)],
  router: { num_retries: 0, ...router },
  faults,
});

/** So late that whatever comes before it came because of a hedge or a limit, on a busy machine as well. */
const SLOW_S = 20;
const HEDGED = { model_group_settings: { chat: { hedge: { enabled: true, max_extra_spend: 1 } } } };

for (const [client, ask] of Object.entries(CLIENTS)) {
  describe(`a client of ${client}`, { concurrency: 2, timeout: 120_000 }, () => {
    for (const model of [OPENAI, CLAUDE, GEMINI]) {
      for (const stream of [true, false]) {
        const kind = `${stream ? 'a stream' : 'a whole answer'} of ${model}`;

        it(`${kind}: a late first attempt loses to a hedge, and both are booked`, () =>
          inWorld(setup(model, HEDGED), async (world) => {
            for (let round = 0; round < 2; round += 1) {
              const quick = await Promise.all(Array.from({ length: 10 }, () => ask(world, { stream })));
              for (const { text, error } of quick) assert.deepEqual([text, error], [SIXTY, undefined]);
            }
            await world.gateway.logLines();
            world.gateway.simulator.reset();
            world.gateway.simulator.script({ match: { deployment: 'west' }, fault: `headers-after-${SLOW_S}` });
            const since = performance.now();
            const { text, error, headers } = await ask(world, { stream });
            assert.deepEqual([text, error], [SIXTY, undefined]);
            assert.ok(performance.now() - since < (SLOW_S - 5) * 1000);
            assert.equal(headers.get('x-sluice-hedged'), '1');
            assert.deepEqual(world.way(), ['west', 'east']);
            const books = await world.gateway.requestLine(headers.get('x-litellm-call-id') ?? '');
            const expected = { attempts: 2, hedge: 'won', deployment: 'east', outcome: 'success' };
            assert.deepEqual({ ...books, ...expected }, books);
          }));

        it(`${kind}: silence before the answer ends at its limit, and a fallback answers`, () =>
          inWorld(setup(model, { timeout: 1, stream_timeout: 1 }, { west: 'hang', east: 'hang' }), async (world) => {
            const { text, error } = await ask(world, { stream });
            assert.deepEqual([text, error], [SIXTY, undefined]);
            assert.equal(world.way().at(-1), 'north');
          }));

        it(`${kind}: silence without a fallback is an error of the format, in time`, () =>
          inWorld(alone(model, { timeout: 1, stream_timeout: 1 }, { west: 'hang' }), async (world) => {
            const since = performance.now();
            const { error, text } = await ask(world, { stream });
            assert.equal(text, '');
            assert.ok(error !== undefined && [408, 504].includes(error.status ?? 0), JSON.stringify(error));
            assert.ok(performance.now() - since < 10_000);
          }));

        it(`${kind}: a deadline over all attempts holds`, () =>
          inWorld(
            setup(model, { timeout: 30, request_deadline: 1 }, { west: 'hang', east: 'hang', north: 'hang' }),
            async (world) => {
              const since = performance.now();
              const { error } = await ask(world, { stream });
              assert.ok(error !== undefined && [408, 504].includes(error.status ?? 0), JSON.stringify(error));
              assert.ok(performance.now() - since < 10_000);
            },
          ));
      }

      it(`a stream of ${model}: silence in the middle ends at its limit, and goes on elsewhere`, () =>
        inWorld(setup(model, { stream_idle_timeout: 0.6 }, { west: 'stall-after-20' }), async (world) => {
          const { text, error } = await ask(world, { stream: true });
          assert.deepEqual([text, error], [SIXTY, undefined]);
          assert.notEqual(world.way().at(-1), 'west');
        }));

      for (const fault of ['reset-after-3', 'fin-after-3', 'end-after-3']) {
        it(`a stream of ${model}: a call that is cut by ${fault} is never a whole one`, () =>
          inWorld(setup(model, {}, { west: fault, east: 'rewords' }), async (world) => {
            const prompt = 'Use the tool: what is the weather in Paris?';
            const got = await ask(world, { stream: true, tools: true, prompt });
            // A provider that sends its calls in one piece was cut before them: then another one may be asked.
            if (world.way().length === 1) assert.notEqual(got.error, undefined, JSON.stringify(got.calls));
            else assert.deepEqual([got.calls, got.error], [['weather'], undefined]);
          }));

        it(`a whole answer of ${model}: a call that is cut by ${fault} is asked for again`, () =>
          inWorld(setup(model, {}, { west: fault }), async (world) => {
            const prompt = 'Use the tool: what is the weather in Paris?';
            const got = await ask(world, { stream: false, tools: true, prompt });
            assert.deepEqual([got.calls, got.error], [['weather'], undefined]);
            assert.deepEqual(world.way(), ['west', 'north']);
          }));
      }
    }
  });
}
