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
  row('S01', '429 with `Retry-After: 2`, once', 'the answer, from the same provider 2 s later'),
  row('S02', '429 for ever', 'the fallback’s answer; without one a 429 after 3 attempts'),
  row('S03', '500, once', 'the answer, from the same provider'),
  row('S04', '503 for ever', 'the fallback’s answer'),
  row('S05', 'resets the connection before the headers', 'the answer, from a retry or the fallback'),
  row(
    'S06',
    'accepts and never answers',
    'the fallback’s answer, asked for after `late_first_token` (10 s), or after one `timeout`',
  ),
  row(
    'S07',
    'sends its first token after 20 s',
    'the fallback’s answer, asked for after `late_first_token` (10 s), or after one `ttft_timeout`',
  ),
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
export const FAULTS: readonly Row[] = [
  row('F1', 'its host name has no address', 'the fallback’s answer'),
  row('F2', 'refuses the connection', 'the fallback’s answer'),
  row('F3', 'swallows every packet', 'the fallback’s answer after one `connect_timeout`'),
  row('F4', 'wrong certificate, no TLS, or a handshake that stalls', 'the fallback’s answer; no key leaves'),
  row('F5', 'resets or closes before the headers', 'the answer, from a retry or the fallback'),
  row('F6', 'resets after the headers, before the body', 'the answer, from a retry or the fallback'),
  row('F7', 'resets in the middle', 'the whole answer, its rest from the fallback'),
  row('F8', 'ends the stream without its end mark, in the middle', 'the whole answer, its rest from the fallback'),
  row('F9', 'accepts and says nothing', 'the fallback’s answer after one time limit'),
  row('F10', 'falls silent in the middle', 'the whole answer, its rest from the fallback'),
  row('F11', 'sends a byte a second', 'the fallback’s answer after one time limit'),
  row('F12', 'has closed the kept connection', 'the answer, at once; no attempt is used up'),
  row('F13', 'vanishes without closing its connections', 'the fallback’s answer after one time limit'),
  row('F14', 'has no connection free', 'the fallback’s answer, at once or after one time limit'),
  row('F15', 'frames its stream unusually', 'the answer'),
  row('F16', 'sends broken JSON', 'the whole answer from the fallback, or its rest'),
  row('F17', 'sends 10 MB in one event', 'the fallback’s answer, or an error where some of it was sent'),
  row('F18', 'says 200 and means an error, HTML or nothing', 'the fallback’s answer'),
  row('F19', 'sends an error event after text', 'the whole answer, its rest from the fallback'),
  row(
    'F20',
    '429 with every form of `Retry-After`',
    'the answer: after up to 5 s from the same provider, else from the fallback',
  ),
  row(
    'F21',
    '529, 503, 408, 409, 413, 418, 451',
    'the fallback’s answer, or the error where it is the request’s fault',
  ),
  row('F22', 'wrong lengths, broken chunks, floods of 1xx, 101', 'the fallback’s answer'),
  row('F23', 'packs its answer, well or badly', 'the answer; the fallback’s where it cannot be unpacked'),
  row('F24', 'sends headers beyond measure', 'the fallback’s answer'),
  row('F25', 'redirects to another host', 'the fallback’s answer; no redirect is followed, no key sent'),
  row('F26', 'usage and finish reasons that make no sense', 'the answer; sound numbers in the books'),
  row('F27', 'indices twice or out of order', 'the answer, or an error'),
  row('F28', 'never stops talking', 'an error once the answer is larger than `max_response_size_mb`'),
];
