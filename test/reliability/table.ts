/** What the guide's tables say of each failure. The journeys take their names from here, so a row without one fails. */

/** A way to fail, and what a client sees of it. */
export interface Row {
  readonly id: string;
  /** What the upstream does. */
  readonly upstream: string;
  /** What the client sees. */
  readonly client: string;
}

const row = (id: string, upstream: string, client: string): Row => ({ id, upstream, client });

/** Sixteen ways an upstream fails. */
export const SCENARIOS: readonly Row[] = [
  row('S01', '429 with `Retry-After: 2`, once', 'the answer: 2 s later, or from the fallback at once'),
  row('S02', '429 for ever', 'the fallback’s answer; without one a 429 after 3 attempts'),
  row('S03', '500, once', 'the answer, from the same provider'),
  row('S04', '503 for ever', 'the fallback’s answer'),
  row('S05', 'resets the connection before the headers', 'the answer, from a retry or the fallback'),
  row('S06', 'accepts and never answers', 'the fallback’s answer after one `timeout`'),
  row('S07', 'sends its first token after 20 s', 'the fallback’s answer after one `ttft_timeout`'),
  row(
    'S08',
    'cuts the stream after 40 of 60 tokens',
    'all 60 tokens in one stream, the rest from the fallback; without one an error',
  ),
  row('S09', 'stalls for 30 s after 20 tokens', 'the rest from the fallback after one `stream_idle_timeout`'),
  row('S10', 'sends one malformed chunk', 'the whole answer or an error, never a broken answer'),
  row('S11', 'never sends `[DONE]`', 'the whole answer with usage, ended within 8 s'),
  row('S12', '400 `context_length_exceeded`', 'the larger model’s answer; without one the 400, after one attempt'),
  row('S13', 'refuses through its content filter', 'the refusal as it is, after one attempt'),
  row(
    'S14',
    'is cut, and the fallback rejects an assistant prefill',
    'all 60 tokens or an error of the cut, never the prefill’s 400',
  ),
  row('S15', 'flaps for 60 s', 'every request answered; the primary is back within 30 s of its recovery'),
  row('S16', 'fails, the fallback answers', 'the fallback’s model, usage and price; the failures cost nothing'),
];

/** The upstream's part of the list of faults. */
export const FAULTS: readonly Row[] = [];
