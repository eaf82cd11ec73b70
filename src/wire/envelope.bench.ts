/**
 * How long reading a body's envelope takes, against parsing the whole. By hand: `node src/wire/envelope.bench.ts`.
 * Prints the median of several rounds, in microseconds per body.
 */
import { readEnvelope } from './envelope.ts';
import { splice } from './splice.ts';

function chatBody(bytes: number): Buffer {
  const sentence = 'The quick brown fox jumps over the lazy dog, and asks "why?" of no one in particular.\n';
  const content = sentence.repeat(Math.ceil(bytes / sentence.length));
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content },
  ];
  return Buffer.from(JSON.stringify({ model: 'fast', messages, temperature: 0.2, max_tokens: 512, stream: true }));
}

function imageBody(bytes: number): Buffer {
  const url = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAA'.repeat(Math.ceil(bytes / 24))}`;
  return Buffer.from(
    JSON.stringify({
      model: 'fast',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    }),
  );
}

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

const cases: [string, Buffer, number][] = [
  ['chat, 300 B', chatBody(100), 4000],
  ['chat, 4 kB', chatBody(4_000), 2000],
  ['chat, 20 kB', chatBody(20_000), 400],
  ['chat, 200 kB', chatBody(200_000), 50],
  ['chat, 1 MB', chatBody(1_000_000), 10],
  ['image, 1 MB', imageBody(1_000_000), 10],
];

process.stdout.write('Reading a body by its bytes, in µs per body (median of 31 rounds)\n\n');
process.stdout.write(
  `${'body'.padEnd(14)}${'envelope'.padStart(12)}${'+ splice'.padStart(12)}${'JSON.parse'.padStart(12)}\n`,
);
for (const [name, body, perRound] of cases) {
  const peek = medianMicroseconds(() => readEnvelope(body), 31, perRound);
  const edit = medianMicroseconds(
    () => {
      const envelope = readEnvelope(body);
      if (envelope.ok) splice(body, envelope, [{ edit: 'replace', name: 'model', json: '"gpt-5-mini"' }]);
    },
    31,
    perRound,
  );
  const parse = medianMicroseconds(() => JSON.parse(body.toString('utf8')), 31, perRound);
  const row = [peek, edit, parse].map((value) => value.toFixed(2).padStart(12)).join('');
  process.stdout.write(`${name.padEnd(14)}${row}\n`);
}
