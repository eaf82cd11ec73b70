/** A server of embeddings whose vectors a test decides, behind `/v1/embeddings`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../../../src/core/json.ts';

/** It, with what it was asked. */
export interface Embedder {
  readonly url: string;
  readonly asked: string[];
  /** What it answers in place of vectors. */
  failure: { status: number } | 'hang' | 'garbage' | undefined;
  /** The vector of a text; a text without one gets a direction of its own. */
  vectorOf: (text: string) => readonly number[] | undefined;
  close(): Promise<void>;
}

const SIZE = 32;

/** Starts it. */
export async function startEmbedder(): Promise<Embedder> {
  const own = new Map<string, number>();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = JSON.parse(text) as JsonObject;
      const input = String(body.input);
      embedder.asked.push(input);
      const { failure } = embedder;
      if (failure === 'hang') return;
      response.setHeader('content-type', 'application/json');
      if (failure === 'garbage') {
        response.end('{"data":[{"embedding":[null,"x"]}]}');
        return;
      }
      if (failure !== undefined) {
        response.statusCode = failure.status;
        response.end('{"error":{"message":"no"}}');
        return;
      }
      if (!own.has(input)) own.set(input, own.size);
      const embedding = embedder.vectorOf(input) ?? axis(own.get(input) ?? 0);
      const usage = { prompt_tokens: 10, total_tokens: 10 };
      response.end(
        JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }], usage, model: 'm' }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const embedder: Embedder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    failure: undefined,
    vectorOf: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return embedder;
}

/** A direction of its own. */
export const axis = (at: number): number[] => Array.from({ length: SIZE }, (_, index) => Number(index === at % SIZE));

/** One that has this cosine with the first axis. */
export const near = (cosine: number): number[] => {
  const vector = axis(0);
  vector[0] = cosine;
  vector[1] = Math.sqrt(1 - cosine * cosine);
  return vector;
};
