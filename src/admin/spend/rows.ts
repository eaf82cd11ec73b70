/** A row of the ledger as LiteLLM's spend logs show it, with what we know besides under `sluice`. */

import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { formatUsd, type PicoUsd, usdNumber } from '../../core/money.ts';
import type { LedgerRow, LedgerStatus } from '../../stores/contracts/ledger.ts';
import { exceptionClass } from '../../telemetry/exception-class.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { isoTime } from '../show.ts';

/**
 * One attempt in the shape of `LiteLLM_SpendLogs`, with the times of this attempt. As in LiteLLM the request's id is that of the
 * answer, if there is one; it is the same for all attempts of a request. Only the operator may see a deployment's address.
 */
export function spendLog(
  row: LedgerRow,
  caller: Pick<Identity, 'isAdmin' | 'userId' | 'keyHash'>,
  isOfOne = false,
): JsonObject {
  const { texts } = row;
  const mayRead = isOfOne && texts !== undefined && mayReadTexts(row, caller);
  const { attemptStartedAtMs: startedAtMs = row.startedAtMs, attemptEndedAtMs: endedAtMs = row.endedAtMs } = row;
  return {
    request_id: row.answerId ?? row.callId,
    call_type: row.callType,
    api_key: row.keyHash,
    spend: usdNumber(row.cost ?? 0n),
    total_tokens: row.inputTokens + row.outputTokens,
    prompt_tokens: row.inputTokens,
    completion_tokens: row.outputTokens,
    startTime: isoTime(startedAtMs),
    endTime: isoTime(endedAtMs),
    completionStartTime: isoTime(row.firstByteAtMs),
    request_duration_ms: endedAtMs - startedAtMs,
    model: row.model ?? row.requestedModel,
    model_id: row.deploymentId ?? '',
    model_group: row.modelGroup ?? '',
    custom_llm_provider: row.provider ?? '',
    api_base: caller.isAdmin ? (row.apiBase ?? '') : '',
    user: row.userId ?? '',
    metadata: { ...row.metadata, ...ownMetadata(row) },
    cache_hit: row.status === 'cache-hit' ? 'True' : 'False',
    cache_key: null,
    request_tags: [...row.tags],
    team_id: row.teamId ?? '',
    organization_id: row.organizationId ?? '',
    end_user: row.customerId ?? '',
    // The ledger keeps no addresses of clients, and their words only where the operator wants it.
    requester_ip_address: null,
    ...(mayRead ? shownTexts(texts) : { messages: {}, response: {}, proxy_server_request: {} }),
    session_id: row.sessionId ?? null,
    status: plainStatus(row),
    sluice: ours(row),
  };
}

/** Words are for admins and for the caller that sent them: a team's admin sees what members spent, and not what they wrote. */
function mayReadTexts(
  row: LedgerRow,
  { isAdmin, userId, keyHash }: Pick<Identity, 'isAdmin' | 'userId' | 'keyHash'>,
): boolean {
  return isAdmin || row.keyHash === keyHash || (userId !== undefined && row.userId === userId);
}

/** The words in LiteLLM's places. A request that was cut is a text. */
function shownTexts({ request, answer }: NonNullable<LedgerRow['texts']>): JsonObject {
  const body = parsedOrText(request);
  const asked = isJsonObject(body) ? (body.messages ?? body.input ?? body.contents ?? body.prompt ?? {}) : {};
  return { messages: asked, response: answer, proxy_server_request: body };
}

function parsedOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** What LiteLLM's gateway itself writes into the metadata of a row; a client cannot say otherwise. */
function ownMetadata(row: LedgerRow): JsonObject {
  return {
    user_api_key: row.keyHash,
    user_api_key_alias: row.keyAlias ?? null,
    user_api_key_user_id: row.userId ?? null,
    user_api_key_team_id: row.teamId ?? null,
    user_api_key_team_alias: row.teamAlias ?? null,
    user_api_key_org_id: row.organizationId ?? null,
    user_api_key_end_user_id: row.customerId ?? null,
    user_api_key_request_route: row.route,
    spend_logs_metadata: row.metadata ?? null,
    status: plainStatus(row),
    error_information: errorOf(row),
  };
}

/** Why an attempt failed. The message is that of our own table: a provider's may repeat the prompt, or hold a key. */
function errorOf({ error, httpStatus, provider }: LedgerRow): JsonObject | null {
  if (error === undefined) return null;
  const code = Object.hasOwn(ERRORS, error) ? (error as ErrorCode) : undefined;
  const status = httpStatus !== undefined && httpStatus >= 400 ? httpStatus : code && ERRORS[code].status;
  return {
    error_code: status === undefined ? '' : String(status),
    error_class: code === undefined ? error : exceptionClass(code, provider),
    llm_provider: provider ?? '',
    error_message: code === undefined ? error : ERRORS[code].meaning,
    traceback: '',
  };
}

/** What LiteLLM's shape has no place for. Amounts are exact decimals. */
function ours(row: LedgerRow): JsonObject {
  return {
    call_id: row.callId,
    attempt_id: row.attemptId,
    attempt: row.attempt,
    status: row.status,
    request_started_at: isoTime(row.startedAtMs),
    request_ended_at: isoTime(row.endedAtMs),
    http_status: row.httpStatus ?? null,
    error: row.error ?? null,
    route: row.route,
    stream: row.stream,
    requested_model: row.requestedModel,
    served_group: row.servedGroup ?? null,
    estimated: row.isEstimated,
    cost: exact(row.cost),
    requested_cost: exact(row.requestedCost),
    saved: exact(savedBy(row)),
    savings: Object.fromEntries(Object.entries(row.savings ?? {}).map(([name, saved]) => [name, formatUsd(saved)])),
    expected_quality: row.expectedQuality ?? null,
    hold: exact(row.hold),
    price: row.price === undefined ? null : { source: row.price.source, rates: row.price.rates },
    usage: {
      input_tokens: row.inputTokens,
      output_tokens: row.outputTokens,
      cached_input_tokens: row.cachedInputTokens ?? null,
      cache_write_tokens: row.cacheWriteTokens ?? null,
      reasoning_tokens: row.reasoningTokens ?? null,
    },
  };
}

/** How much less an attempt cost than the requested model would have; undefined if one of them has no price. */
function savedBy({ cost, requestedCost }: LedgerRow): PicoUsd | undefined {
  return cost === undefined || requestedCost === undefined ? undefined : requestedCost - cost;
}

function plainStatus({ status }: LedgerRow): string {
  return isSuccess(status) ? 'success' : 'failure';
}

/** Whether LiteLLM would call it a success. */
export function isSuccess(status: LedgerStatus): boolean {
  return status === 'success' || status === 'cache-hit';
}

function exact(amount: PicoUsd | undefined): string | null {
  return amount === undefined ? null : formatUsd(amount);
}
