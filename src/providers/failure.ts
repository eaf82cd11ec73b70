import { defined } from '../core/defined.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { readContextSize } from './context-size.ts';
import type { FailedAnswer, Failure } from './provider.ts';
import { type ProviderWords, readWords } from './provider-words.ts';
import { redactSecrets } from './redact-secrets.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** One line of a provider's table of failures. All the conditions it names must hold; the first line that holds decides. */
export interface FailureRow {
  readonly means: ErrorCode;
  readonly status?: readonly number[];
  /** Tested against each of the provider's words for the kind of failure (`code`, `type`, `status`). */
  readonly code?: RegExp;
  readonly message?: RegExp;
  /** The status the client gets if it must differ from the table of errors. */
  readonly answerWith?: number;
}

/**
 * What a bare status means, for every provider, after its own table has had its say.
 * 425 is "too early", 498 and 529 are "no capacity", 499 a cut by the provider's own edge, 520-526 Cloudflare's.
 */
const STATUS_ROWS: readonly FailureRow[] = [
  { means: 'upstream_auth', status: [401, 407] },
  { means: 'upstream_payment', status: [402] },
  { means: 'upstream_permission', status: [403] },
  { means: 'upstream_not_found', status: [404, 405, 410] },
  { means: 'upstream_timeout', status: [408, 504, 524] },
  { means: 'upstream_server_error', status: [409], answerWith: 409 },
  { means: 'upstream_too_large', status: [413] },
  { means: 'upstream_unprocessable', status: [422] },
  { means: 'upstream_overloaded', status: [425] },
  { means: 'upstream_rate_limit', status: [429] },
  // RFC 7725: withheld for legal reasons. A provider that blocks what was said answers so too; neither gets better by retrying.
  { means: 'upstream_content_policy', status: [451] },
  { means: 'upstream_overloaded', status: [498, 503, 529] },
  { means: 'upstream_connection', status: [499] },
  { means: 'upstream_bad_gateway', status: [502, 520, 521, 522, 523, 525, 526] },
];

/** The longest message a client gets, in characters. */
const LONGEST_MESSAGE = 2000;

/** Makes a provider's `classify` of its table of failures; `title` is the provider's name as people write it. */
export function classifyBy(title: string, rows: readonly FailureRow[]): (answer: FailedAnswer) => Failure {
  const table = [...rows, ...STATUS_ROWS];
  const exception = `${title.replace(/[^A-Za-z0-9]/g, '')}Exception`;
  return (answer) => {
    const words = readWords(answer);
    const row = table.find((candidate) => holds(candidate, words));
    const code = row?.means ?? meaningOfStatus(words.status);
    const retryAfterMs = mayWait(code) ? readRetryAfterMs(answer, words.message) : undefined;
    const status = row?.answerWith ?? statusWorthKeeping(words.status, code);
    const providerCode = answer.error?.code ?? words.codes.find((word) => !/^\d{3}$/.test(word));
    return {
      code,
      message: messageOf(exception, code, words),
      ...(providerCode === undefined ? {} : { providerCode: redactSecrets(providerCode).slice(0, 200) }),
      ...(words.param === undefined ? {} : { param: words.param.slice(0, 200) }),
      ...(code === 'upstream_context_window' && { contextSize: readContextSize(words.message) }),
      ...defined({ retryAfterMs, status }),
    };
  };
}

function holds(row: FailureRow, words: ProviderWords): boolean {
  if (row.status !== undefined && !row.status.includes(words.status)) return false;
  if (row.code !== undefined && !words.codes.some((word) => row.code?.test(word))) return false;
  return row.message === undefined || row.message.test(words.message);
}

/** A status no line names: below 400 it is not a valid answer at all, 4xx is the request's fault, the rest the provider's. */
function meaningOfStatus(status: number): ErrorCode {
  if (status < 400) return 'upstream_bad_gateway';
  return status < 500 ? 'upstream_bad_request' : 'upstream_server_error';
}

/** Statuses that say more to the client than the one in the table of errors. */
const TELLING_STATUSES: readonly number[] = [409, 529];

function statusWorthKeeping(status: number, code: ErrorCode): number | undefined {
  return TELLING_STATUSES.includes(status) && ERRORS[code].status !== status && ERRORS[code].source === 'upstream'
    ? status
    : undefined;
}

/** A pause makes sense only if the same request may succeed later. */
function mayWait(code: ErrorCode): boolean {
  return ERRORS[code].retry === 'here' || code === 'upstream_timeout' || code === 'upstream_payment';
}

function messageOf(exception: string, code: ErrorCode, words: ProviderWords): string {
  const said = words.message === '' ? `HTTP ${words.status} without an explanation` : words.message;
  return `${ERRORS[code].className}: ${exception} - ${redactSecrets(said)}`.slice(0, LONGEST_MESSAGE).toWellFormed();
}
