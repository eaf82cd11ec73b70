/**
 * What watching, filtering and splitting a stream of 400 events costs, against parsing and writing every event again. By hand:
 * `node src/wire/streams.bench.ts`. Prints the median of several rounds, in microseconds per stream; a chunk holds one event.
 */
import { StreamEnds } from './ends.ts';
import { SseSplitter } from './sse.ts';
import { UnwantedNull } from './unwanted-null.ts';
import { UsageFrameFilter } from './unwanted-usage.ts';

const USAGE = { prompt_tokens: 20, completion_tokens: 398, total_tokens: 418 };
const chunks: Buffer[] = [];
for (let index = 0; index < 398; index += 1) {
  const choices = [{ index: 0, delta: { content: ` word${index}` }, logprobs: null, finish_reason: null }];
  const head = {
    id: 'chatcmpl-BQ2ZkYdSQ0p',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-5-mini',
  };
  chunks.push(Buffer.from(`data: ${JSON.stringify({ ...head, choices, usage: null })}\n\n`));
}
chunks.push(Buffer.from(`data: ${JSON.stringify({ id: 'chatcmpl-BQ2ZkYdSQ0p', choices: [], usage: USAGE })}\n\n`));
chunks.push(Buffer.from('data: [DONE]\n\n'));

const ways: Readonly<Record<string, () => unknown>> = {
  'watch, then read usage at the end': () => {
    const ends = new StreamEnds();
    for (const chunk of chunks) ends.push(chunk);
    for (const { data } of ends.lastEvents()) if (data.includes('"usage":{')) return JSON.parse(data);
    return ends.endedWith([{ data: '[DONE]' }]);
  },
  'take the usage frame out': () => {
    const filter = new UsageFrameFilter();
    let bytes = 0;
    for (const chunk of chunks) bytes += filter.push(chunk).length;
    return bytes + filter.end().length;
  },
  'take the null usage out of each': () => {
    const filter = new UnwantedNull('usage');
    let bytes = 0;
    for (const chunk of chunks) bytes += filter.strip(chunk).length;
    return bytes;
  },
  'split into events': () => {
    let events = 0;
    const splitter = new SseSplitter(() => {
      events += 1;
    });
    for (const chunk of chunks) splitter.push(chunk);
    return splitter.end() || events;
  },
  'parse and write every event': () => {
    let bytes = 0;
    const splitter = new SseSplitter((data) => {
      if (data !== '[DONE]') bytes += Buffer.byteLength(`data: ${JSON.stringify(JSON.parse(data))}\n\n`);
    });
    for (const chunk of chunks) splitter.push(chunk);
    return splitter.end() || bytes;
  },
};

process.stdout.write('A stream of 400 events in as many chunks, in µs per stream (median of 31 rounds)\n\n');
for (const [name, run] of Object.entries(ways)) {
  const times: number[] = [];
  for (let round = 0; round < 31; round += 1) {
    const start = performance.now();
    for (let index = 0; index < 20; index += 1) run();
    times.push(((performance.now() - start) * 1000) / 20);
  }
  times.sort((first, second) => first - second);
  process.stdout.write(`${name.padEnd(36)}${(times[15] ?? 0).toFixed(1).padStart(10)}\n`);
}
