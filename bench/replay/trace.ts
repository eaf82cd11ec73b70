/** The traffic that is replayed: when each request came, how long its prompt was and how long its answer. */
import { existsSync, readFileSync } from 'node:fs';

/** One request of a trace. */
export interface TracedRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Reads lines of `TIMESTAMP,ContextTokens,GeneratedTokens` or of JSON with `timestamp`, `input_length` and `output_length`, in the
 * order of time, from 0 on; undefined where there is no such file.
 */
export function readTrace(file: URL): readonly TracedRequest[] | undefined {
  if (!existsSync(file)) return undefined;
  const read = file.pathname.endsWith('.jsonl') ? readJson : readLine;
  const requests = readFileSync(file, 'utf8').split('\n').flatMap(read);
  requests.sort((one, other) => one.atMs - other.atMs);
  const [first] = requests;
  return requests.map((request) => ({ ...request, atMs: request.atMs - (first?.atMs ?? 0) }));
}

function readLine(line: string): TracedRequest[] {
  const [time = '', input, output] = line.trim().split(',');
  // Seven digits after the second are more than a date takes.
  const atMs = Date.parse(`${time.replace(' ', 'T').slice(0, 23)}Z`);
  return complete({ atMs, inputTokens: Number(input), outputTokens: Number(output) });
}

function readJson(line: string): TracedRequest[] {
  const row: unknown = line.trim() === '' ? undefined : JSON.parse(line);
  if (typeof row !== 'object' || row === null) return [];
  const { timestamp, input_length, output_length } = row as Record<string, unknown>;
  return complete({
    atMs: Number(timestamp),
    inputTokens: Number(input_length),
    outputTokens: Number(output_length),
  });
}

function complete(request: TracedRequest): TracedRequest[] {
  return Object.values(request).every(Number.isFinite) ? [request] : [];
}
