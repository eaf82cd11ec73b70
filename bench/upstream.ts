/**
 * The upstream of the benchmark in a process of its own: `node bench/upstream.ts PORT`. Answers the two formats that are
 * measured with as little work as possible, and paces streams exactly; the model's name says how: `bench-<tokens>` at once,
 * `bench-<tokens>-<milliseconds>ms` one event every so many milliseconds.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Order {
  readonly tokens: number;
  readonly paceMs: number;
  readonly stream: boolean;
}

/** The events of a stream in one format. */
interface Wire {
  readonly first: string;
  readonly token: string;
  readonly last: (tokens: number) => string;
  readonly whole: (tokens: number) => string;
}

const CHUNK = '{"id":"chatcmpl-bench0000000000000000000000","object":"chat.completion.chunk","created":1767225600,';
const chunk = (model: string, delta: string, finish: string) =>
  `data: ${CHUNK}"model":"${model}","service_tier":"default","system_fingerprint":"fp_bench","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
const openaiUsage = (tokens: number) =>
  `{"prompt_tokens":57,"completion_tokens":${tokens},"total_tokens":${tokens + 57},"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`;

const openai: Wire = {
  first: chunk('bench', '{"role":"assistant","content":"","refusal":null}', 'null'),
  token: chunk('bench', '{"content":" token"}', 'null'),
  last: (tokens) =>
    `${chunk('bench', '{}', '"stop"')}data: ${CHUNK}"model":"bench","service_tier":"default","system_fingerprint":"fp_bench","choices":[],"usage":${openaiUsage(tokens)}}\n\ndata: [DONE]\n\n`,
  whole: (tokens) =>
    `{"id":"chatcmpl-bench0000000000000000000000","object":"chat.completion","created":1767225600,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"${' token'.repeat(tokens)}","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":${openaiUsage(tokens)},"service_tier":"default","system_fingerprint":"fp_bench"}`,
};

const event = (type: string, rest: string) => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
const anthropic: Wire = {
  first:
    event(
      'message_start',
      ',"message":{"id":"msg_bench0000000000000000","type":"message","role":"assistant","model":"bench","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":57,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}',
    ) + event('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
  token: event('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":" token"}'),
  last: (tokens) =>
    event('content_block_stop', ',"index":0') +
    event(
      'message_delta',
      `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":${tokens}}`,
    ) +
    event('message_stop', ''),
  whole: (tokens) =>
    `{"id":"msg_bench0000000000000000","type":"message","role":"assistant","model":"bench","content":[{"type":"text","text":"${' token'.repeat(tokens)}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":57,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":${tokens}}}`,
};

const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
  const wire = request.url?.includes('/messages') ? anthropic : openai;
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => answer(Buffer.concat(pieces), wire, request, response));
});

function answer(body: Buffer, wire: Wire, request: IncomingMessage, response: ServerResponse): void {
  const order = readOrder(body);
  if (order === undefined) {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(`{"error":{"message":"no bench model in a request to ${request.url}"}}`);
    return;
  }
  if (!order.stream) {
    const text = wire.whole(order.tokens);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.write(wire.first);
  let left = order.tokens;
  const next = () => {
    if (response.destroyed) return;
    if (left-- === 0) {
      response.end(wire.last(order.tokens));
      return;
    }
    response.write(wire.token);
    if (order.paceMs > 0) setTimeout(next, order.paceMs);
    else setImmediate(next);
  };
  if (order.paceMs > 0) setTimeout(next, order.paceMs);
  else setImmediate(next);
}

/** Reads the two members that matter without parsing: the upstream must stay cheap, whatever the size of the prompt. */
function readOrder(body: Buffer): Order | undefined {
  const ends = `${body.toString('latin1', 0, 2000)} ${body.toString('latin1', Math.max(2000, body.length - 2000))}`;
  const model = /"model"\s*:\s*"bench-(\d+)(?:-(\d+)ms)?"/.exec(ends);
  if (model === null) return undefined;
  return { tokens: Number(model[1]), paceMs: Number(model[2] ?? 0), stream: /"stream"\s*:\s*true/.test(ends) };
}

const port = Number(process.argv[2] ?? 0);
server.listen(port, '127.0.0.1', () => process.send?.('ready'));
// Gone with whoever started it.
process.on('disconnect', () => process.exit(0));
