/**
 * How long the questions take that the stages ask of a body, after its envelope was read. By hand:
 * `node src/formats/outline.bench.ts`. Prints the median of several rounds, in microseconds per body.
 */
import type { JsonValue } from '../core/json.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { formatParts } from './index.ts';

const SENTENCE = 'The quick brown fox jumps over the lazy dog, and asks "why?" of everyone in the house.\n';
const words = (bytes: number): string => SENTENCE.repeat(Math.ceil(bytes / SENTENCE.length));

function bodyOf(messages: JsonValue, more: Record<string, JsonValue> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({ model: 'fast', messages, temperature: 0.2, max_tokens: 512, stream: true, user: 'u', ...more }),
  );
}

const plain = (bytes: number): Buffer =>
  bodyOf([
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: words(bytes) },
  ]);

const inParts = (bytes: number): Buffer =>
  bodyOf(
    Array.from({ length: Math.ceil(bytes / 2_000) }, () => ({
      role: 'user',
      content: [{ type: 'text', text: words(2_000) }],
    })),
  );

const tool = (index: number): JsonValue => ({
  type: 'function',
  function: {
    name: `tool_${index}`,
    description: words(300),
    parameters: { type: 'object', properties: { path: { type: 'string' } } },
  },
});

/** What coding agents send: tools, calls and results, and escapes of terminals in between. */
const agent = (bytes: number): Buffer =>
  bodyOf(
    Array.from({ length: Math.ceil(bytes / 1_000) }, (_, index) =>
      index % 2 === 0
        ? {
            role: 'assistant',
            tool_calls: [
              { id: `c${index}`, type: 'function', function: { name: 'read', arguments: '{"path":"a/b.ts"}' } },
            ],
          }
        : { role: 'tool', tool_call_id: `c${index - 1}`, content: `\u001b[1m${words(1_500)}` },
    ),
    { tools: Array.from({ length: 10 }, (_, index) => tool(index)) },
  );

const image = (bytes: number): Buffer =>
  bodyOf([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        {
          type: 'image_url',
          image_url: { url: `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAA'.repeat(bytes / 24)}` },
        },
      ],
    },
  ]);

function medianMicroseconds(run: () => void, rounds: number, perRound: number): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (let index = 0; index < perRound; index += 1) run();
    times.push(((performance.now() - start) * 1000) / perRound);
  }
  times.sort((first, second) => first - second);
  return times[Math.floor(times.length / 2)] ?? 0;
}

let sink: unknown;

const cases: [string, Buffer, number][] = [
  ['plain, 0.3 kB', plain(100), 4_000],
  ['plain, 20 kB', plain(20_000), 2_000],
  ['plain, 200 kB', plain(200_000), 500],
  ['in parts, 20 kB', inParts(20_000), 500],
  ['in parts, 200 kB', inParts(200_000), 50],
  ['agent, 20 kB', agent(20_000), 500],
  ['agent, 200 kB', agent(200_000), 50],
  ['image, 200 kB', image(200_000), 100],
  ['image, 1 MB', image(1_000_000), 20],
];

process.stdout.write('Asking the outline of a body, in µs per body (median of 31 rounds)\n\n');
process.stdout.write(
  `${'body'.padEnd(18)}${'envelope'.padStart(12)}${'outline'.padStart(12)}${'+ checks'.padStart(12)}\n`,
);
for (const [name, body, perRound] of cases) {
  const envelope = readEnvelope(body);
  if (!envelope.ok) throw new RangeError(name);
  const format = formatParts('openai-chat');
  const ask = (isChecked: boolean): void => {
    const outline = format.outline(body, envelope);
    const { model, stream, streamUsage, endUser, promptBytes, inlineBytes, media, serviceTier, webSearches } = outline;
    const { limit, choices, asksForAudio } = outline;
    if (isChecked) {
      const { hasTools, asksForJsonSchema, asksForReasoning } = outline;
      sink = [hasTools, asksForJsonSchema, asksForReasoning];
    }
    sink = [model, stream, streamUsage, endUser, promptBytes - inlineBytes, media, serviceTier, webSearches, limit];
    sink = [choices, asksForAudio, sink];
  };
  const read = medianMicroseconds(() => readEnvelope(body), 31, perRound);
  const claimed = medianMicroseconds(() => ask(false), 31, perRound);
  const checked = medianMicroseconds(() => ask(true), 31, perRound);
  const row = [read, claimed, checked].map((value) => value.toFixed(2).padStart(12)).join('');
  process.stdout.write(`${name.padEnd(18)}${row}\n`);
}

// What is read must be used, or nothing would be read.

process.stdout.write(sink === undefined ? '' : '\n');
