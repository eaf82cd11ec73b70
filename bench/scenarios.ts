/** What is measured: one row for each way a request can travel, and the request bodies. */

/** `relay`: OpenAI client, OpenAI upstream. `translate`: OpenAI client, Anthropic upstream. */
export type Lane = 'relay' | 'translate';

/** One row of the tables. */
export interface Scenario {
  readonly name: string;
  readonly lane: Lane;
  readonly stream: boolean;
  readonly promptBytes: number;
  /** Tokens of the answer; one event each when streamed. */
  readonly tokens: number;
}

/** Tokens of an ordinary answer. */
export const ANSWER_TOKENS = 16;
/** The two lengths of stream whose difference is the price of a chunk. */
export const SHORT_STREAM_TOKENS = 10;
export const LONG_STREAM_TOKENS = 110;
/** Milliseconds between the events of those streams, so that each travels alone, as tokens do. */
export const PACE_MS = 5;

const PROMPTS = [
  { name: '0.3 kB', bytes: 300 },
  { name: '20 kB', bytes: 20_000 },
  { name: '200 kB', bytes: 200_000 },
] as const;

/** Every row: lane × streamed or not × prompt size. */
export const SCENARIOS: readonly Scenario[] = (['relay', 'translate'] as const).flatMap((lane) =>
  [false, true].flatMap((stream) =>
    PROMPTS.map(({ name, bytes }) => ({
      name: `${lane}, ${stream ? 'stream' : 'whole'}, ${name}`,
      lane,
      stream,
      promptBytes: bytes,
      tokens: ANSWER_TOKENS,
    })),
  ),
);

/** The model name the upstream reads its orders from: so many tokens, so many milliseconds apart. */
export function modelName(tokens: number, paceMs = 0): string {
  return paceMs === 0 ? `bench-${tokens}` : `bench-${tokens}-${paceMs}`;
}

/** The model names that every target has to know. */
export const MODELS: readonly string[] = [
  modelName(ANSWER_TOKENS),
  modelName(SHORT_STREAM_TOKENS, PACE_MS),
  modelName(LONG_STREAM_TOKENS, PACE_MS),
];

const SENTENCE =
  'The lock keeper writes down every barge: "her name, her draught, her cargo" and the hour at which the gates were closed.\n';

/** A chat request of about so many bytes: a conversation of messages of at most 2 kB. */
export function chatRequest(model: string, stream: boolean, promptBytes: number): string {
  const messages: { role: string; content: string }[] = [{ role: 'system', content: 'You are a helpful assistant.' }];
  for (let left = promptBytes - 180; left > 0; left -= 2000) {
    const content = SENTENCE.repeat(Math.ceil(Math.min(left, 2000) / SENTENCE.length)).slice(0, Math.min(left, 2000));
    messages.push({ role: messages.length % 2 === 1 ? 'user' : 'assistant', content });
  }
  if (messages.at(-1)?.role === 'assistant') messages.push({ role: 'user', content: 'Go on.' });
  return JSON.stringify({ model, messages, max_tokens: 512, temperature: 0.7, stream });
}
