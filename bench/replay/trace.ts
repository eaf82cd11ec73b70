/** The traffic that is replayed: when each request came, how long its prompt was and how long its answer. */
import { existsSync, readFileSync } from 'node:fs';

/** One request of a trace. */
export interface TracedRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Reads `TIMESTAMP,ContextTokens,GeneratedTokens`; undefined where there is no such file. In the order of time, from 0 on. */
export function readTrace(file: URL): readonly TracedRequest[] | undefined {
  if (!existsSync(file)) return undefined;
  const requests = readFileSync(file, 'utf8').split('\n').slice(1).flatMap(readLine);
  requests.sort((one, other) => one.atMs - other.atMs);
  const [first] = requests;
  return requests.map((request) => ({ ...request, atMs: request.atMs - (first?.atMs ?? 0) }));
}

function readLine(line: string): TracedRequest[] {
  const [time = '', input, output] = line.trim().split(',');
  // Seven digits after the second are more than a date takes.
  const atMs = Date.parse(`${time.replace(' ', 'T').slice(0, 23)}Z`);
  const request = { atMs, inputTokens: Number(input), outputTokens: Number(output) };
  return Object.values(request).every(Number.isFinite) ? [request] : [];
}
