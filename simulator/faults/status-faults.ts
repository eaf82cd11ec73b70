import type { Problem, ProblemKind } from '../formats/errors.ts';
import { errorReply } from '../formats/errors.ts';
import { bodyReply, type Family } from '../sending/reply.ts';
import type { Fault, FaultContext } from './fault.ts';

interface StatusRow {
  readonly status: number;
  readonly kind: ProblemKind;
  readonly message: string;
  readonly code?: string;
  readonly cases: readonly string[];
  /** Comes from a proxy before the provider, as a page. */
  readonly isPage?: boolean;
}

const ROWS: readonly StatusRow[] = [
  { status: 400, kind: 'invalid', message: 'Invalid request.', cases: ['F21'] },
  {
    status: 401,
    kind: 'unauthorized',
    message: 'Incorrect API key provided.',
    code: 'invalid_api_key',
    cases: ['F21'],
  },
  { status: 403, kind: 'forbidden', message: 'You do not have access to this model.', cases: ['F21'] },
  {
    status: 404,
    kind: 'not-found',
    message: 'The model does not exist or you do not have access to it.',
    code: 'model_not_found',
    cases: ['F21'],
  },
  { status: 408, kind: 'timeout', message: 'Request timed out.', cases: ['F21'] },
  {
    status: 409,
    kind: 'conflict',
    message: 'The request could not be completed because of a conflict.',
    cases: ['F21'],
  },
  { status: 413, kind: 'too-large', message: 'Request exceeds the maximum size', cases: ['F21'] },
  { status: 418, kind: 'other', message: 'I am a teapot.', cases: ['F21'] },
  { status: 422, kind: 'invalid', message: 'Unprocessable entity.', cases: ['F21'] },
  {
    status: 429,
    kind: 'rate-limit',
    message: 'Rate limit reached for requests per min (RPM): Limit 500, Used 500, Requested 1.',
    code: 'rate_limit_exceeded',
    cases: ['S01', 'S02', 'F20'],
  },
  { status: 451, kind: 'other', message: 'Unavailable for legal reasons.', cases: ['F21'] },
  {
    status: 500,
    kind: 'server',
    message: 'The server had an error while processing your request. Sorry about that!',
    cases: ['S03', 'S16', 'F21'],
  },
  { status: 502, kind: 'server', message: 'Bad Gateway', cases: ['F21'], isPage: true },
  {
    status: 503,
    kind: 'unavailable',
    message:
      'The server is currently overloaded with other requests. Sorry about that! You can retry your request, or contact us through our help center if the error persists.',
    cases: ['S04', 'F21'],
  },
  { status: 504, kind: 'timeout', message: 'Gateway Time-out', cases: ['F21'], isPage: true },
  { status: 529, kind: 'overloaded', message: 'Overloaded', cases: ['F21'] },
];

/** A fault for each status. */
export const statusFaults: readonly Fault[] = ROWS.map((row) => ({
  name: String(row.status),
  argument: 'retry-after-FORM',
  does: row.isPage
    ? `Answers ${row.status} with a proxy's HTML page.`
    : `Answers ${row.status} in the provider's own error shape (“${row.message.slice(0, 40)}${row.message.length > 40 ? '…' : ''}”).`,
  cases: row.cases,
  effect(context) {
    const headers = retryHeaders(context);
    if (row.isPage) {
      const page = `<html>\r\n<head><title>${row.status} ${row.message}</title></head>\r\n<body>\r\n<center><h1>${row.status} ${row.message}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
      return { instead: bodyReply(context.family, page, { status: row.status, headers, contentType: 'text/html' }) };
    }
    const problem: Problem = {
      status: row.status,
      kind: row.kind,
      message: row.message,
      ...(row.code === undefined ? {} : { code: row.code }),
      ...(row.status === 429 && context.family === 'gemini' ? { details: retryInfo(headers) } : {}),
      headers,
    };
    return { instead: errorReply(context.family, problem, context.requestId) };
  },
}));

function retryHeaders({ argument, nowMs, family }: FaultContext): Record<string, string> {
  const form = /^retry-after-(.+)$/.exec(argument)?.[1];
  if (form === undefined) return {};
  const [word = '', number = '2'] = form.split('-');
  const inMs = (ms: number): string => new Date(nowMs + ms).toUTCString();
  switch (word) {
    case 'date':
      return { 'retry-after': inMs(Number(number) * 1000) };
    case 'past':
      return { 'retry-after': inMs(-3_600_000) };
    case 'negative':
      return { 'retry-after': '-5' };
    case 'huge':
      return { 'retry-after': '99999999999' };
    case 'garbage':
      return { 'retry-after': 'soon, please' };
    case 'ms':
      return { 'retry-after-ms': number };
    case 'reset':
      return resetHeaders(family, Number(number), nowMs);
    default:
      return { 'retry-after': form };
  }
}

function resetHeaders(family: Family, seconds: number, nowMs: number): Record<string, string> {
  if (family === 'anthropic') {
    const at = new Date(nowMs + seconds * 1000).toISOString();
    return { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': at };
  }
  return { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': `${seconds}s` };
}

/** Google tells the wait in the body. */
function retryInfo(headers: Record<string, string>) {
  const seconds = headers['retry-after'] ?? '2';
  return [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` }];
}
