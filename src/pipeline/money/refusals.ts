/** The errors of limits that refuse a request: which limit, how much of it is used, and when to try again. */
import type { BudgetConfig } from '../../config/gateway-config.ts';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { formatUsd } from '../../core/money.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { Medium } from '../../formats/medium.ts';
import type { ClaimAccount, LimitKind, Refusal } from '../../stores/contracts/claims.ts';
import { mayShowFigures } from '../../tenancy/accounts.ts';
import type { Scope } from '../../tenancy/scopes.ts';

/** The error of a refused claim, with the status that the operator chose for budgets. `nowMs` is the wall clock, for the moment at which a limit resets. */
export function errorOfRefusal(
  refusal: Refusal,
  { scopes: accounts }: Pick<Admission, 'scopes'>,
  { exceededStatus }: Pick<BudgetConfig, 'exceededStatus'>,
  nowMs: number,
): GatewayError {
  const scope = accounts.map((each) => each.scopeOf(refusal.account)).find((found) => found !== undefined);
  if (refusal.isStoreUnavailable === true) return storeUnavailable(scope, refusal);
  return refusal.limit === 'money'
    ? budgetError(refusal, scope, exceededStatus, nowMs)
    : rateError(refusal, refusal.limit, scope, nowMs);
}

/** Refuses a medium that may cost any amount, if a budget of money applies that must never be exceeded (`mode: strict`). */
export function refuseUnbounded({ kind, source }: Medium, accounts: readonly ClaimAccount[]): void {
  if (!accounts.some(({ money }) => money.length > 0)) return;
  const thing =
    kind === 'document' ? 'A document' : kind === 'image' ? 'An image' : kind === 'audio' ? 'A sound' : 'A video';
  const problem =
    source === 'inline'
      ? `${thing} of the request cannot be measured, so its highest cost is unknown`
      : `${thing} of the request is given by its ${source === 'file' ? 'file id' : 'address'}, so its highest cost is unknown`;
  const remedy =
    source === 'inline'
      ? 'Send it as PNG, JPEG, GIF, WebP, PDF, WAV, MP3, Ogg, FLAC or MP4 of a kind that the model documents'
      : 'Send its bytes in the request (base64)';
  throw new GatewayError(
    'invalid_request',
    `${problem}, and a budget with \`mode: strict\` applies. ${remedy}, or ask the operator for a key without a budget or for \`mode: learned\`.`,
    { mayRetry: false },
  );
}

function storeUnavailable(scope: Scope | undefined, { retryAfterMs }: Refusal): GatewayError {
  return new GatewayError(
    'store_unavailable',
    `The limits of ${nameOf(scope)} cannot be checked now, and the configuration says to refuse requests then (\`when_away: closed\`). Try again soon.`,
    { retryAfterMs: retryAfterMs ?? 1_000 },
  );
}

function budgetError(
  refusal: Refusal,
  scope: Scope | undefined,
  status: number | undefined,
  nowMs: number,
): GatewayError {
  const { used, held, max, retryAfterMs, isTemporary } = refusal;
  const name = nameOf(scope, refusal.account);
  const figures =
    scope === undefined || mayShowFigures(scope.kind)
      ? ` ${name} Current cost: ${formatUsd(used)}, Max budget: ${formatUsd(max)}${held > 0n ? `, reserved by requests under way: ${formatUsd(held)}` : ''}.`
      : ` ${name}.`;
  if (isTemporary) {
    return new GatewayError(
      'budget_held',
      `Budget is reserved!${figures} What is left is held for requests under way; try again when they are done.`,
      { retryAfterMs: retryAfterMs ?? 1_000 },
    );
  }
  const again = retryAfterMs === undefined ? '' : ` It resets at ${momentIn(nowMs, retryAfterMs)}.`;
  const isUsedUp = used >= max;
  const what = isUsedUp
    ? `Budget has been exceeded!${figures}`
    : `Budget is too small for this request!${figures} What is left is less than this request may cost. Send a shorter prompt, or allow a shorter answer.`;
  return new GatewayError('budget_exceeded', `${what}${again}`, {
    mayRetry: false,
    ...defined({ status, retryAfterMs }),
  });
}

const LIMIT_WORDS: Readonly<Record<Exclude<LimitKind, 'money'>, string>> = {
  requests: 'requests',
  tokens: 'tokens',
  'input-tokens': 'input_tokens',
  'output-tokens': 'output_tokens',
  parallel: 'max_parallel_requests',
};

const LONGEST_WINDOW_MS = 60_000;

function rateError(
  refusal: Refusal,
  limit: Exclude<LimitKind, 'money'>,
  scope: Scope | undefined,
  nowMs: number,
): GatewayError {
  const { max, used, retryAfterMs, account } = refusal;
  // Of the whole gateway, no tenant learns the figures.
  const isShown = scope === undefined || mayShowFigures(scope.kind);
  const word = LIMIT_WORDS[limit];
  const remaining = max > used ? max - used : 0n;
  const whose = rateName(scope, account);
  // One request alone is larger than the limit: no wait helps.
  if (retryAfterMs === undefined && limit !== 'parallel') {
    return new GatewayError(
      'rate_limited',
      `A rate limit is too small for this request: ${whose}. Limit type: ${word}. Current limit: ${max}. This request alone is larger than the limit; send a shorter prompt or a smaller max_tokens.`,
      { mayRetry: false, limit: { type: word } },
    );
  }
  const waitMs = Math.min(retryAfterMs ?? 1_000, LONGEST_WINDOW_MS);
  const resetAt = momentIn(nowMs, waitMs);
  return new GatewayError(
    'rate_limited',
    `Rate limit exceeded for ${whose}. Limit type: ${word}.${isShown ? ` Current limit: ${max}, Remaining: ${remaining}.` : ''} Limit resets at: ${resetAt}`,
    { retryAfterMs: waitMs, limit: { type: word, resetAt } },
  );
}

/** LiteLLM's words for kinds of limits. */
const RATE_KINDS: Readonly<Partial<Record<Scope['kind'], string>>> = {
  key: 'api_key',
  customer: 'end_user',
};

/** Whose rate it is, in LiteLLM's words. */
export function rateName(scope: Scope | undefined, account: string): string {
  if (scope === undefined) return 'a limit';
  const model = account.split('/model:')[1];
  const kind = `${model === undefined ? '' : 'model_per_'}${RATE_KINDS[scope.kind] ?? scope.kind}`;
  const name = mayShowFigures(scope.kind) ? `: ${scope.label.slice(scope.label.indexOf('=') + 1)}` : '';
  return `${kind}${name}${model === undefined ? '' : `, model ${model}`}`;
}

function nameOf(scope: Scope | undefined, account?: string): string {
  const model = account?.split('/model:')[1];
  return `${scope?.label ?? 'A limit'}${model === undefined ? '' : `, model ${model}:`}`;
}

/** `2026-11-27 03:00:00 UTC`. */
export function momentIn(nowMs: number, waitMs: number): string {
  return `${new Date(nowMs + waitMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
