/**
 * One line for each settled request. The text is put together by hand: the fields are fixed and known, and pino takes about
 * three times as long for the same line (`bench/telemetry.ts` measures both). Level, time and message read as pino writes them.
 */
import type { Clock } from '../core/clock.ts';
import { formatUsd } from '../core/money.ts';
import { printable } from '../core/printable.ts';
import { type Caller, hedgeOutcome, lastAttempt, type SettledExchange } from './settled.ts';

/** `000` to `999`, for the digits behind a point. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));
const KEY_HASH_SHOWN = 8;

/** Writes the time as ISO 8601; the part down to the second is made once a second. */
export class IsoTime {
  readonly #clock: Clock;
  #second = Number.NaN;
  #prefix = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): string {
    const nowMs = this.#clock.nowMs();
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#prefix}${THREE_DIGITS[Math.floor(nowMs - second * 1000)]}Z`;
  }
}

/** The level of a request's line: failures stand out. */
export function requestLevel(settled: SettledExchange): 'info' | 'warn' {
  return settled.outcome === 'failure' || settled.status >= 500 ? 'warn' : 'info';
}

/** What lines say of a caller; made once for each, as it is the same in thousands of them. */
class CallerTexts {
  readonly #personal: boolean;
  readonly #made = new WeakMap<Caller, string>();

  constructor(personal: boolean) {
    this.#personal = personal;
  }

  of(caller: Caller): string {
    let text = this.#made.get(caller);
    if (text === undefined) {
      const { keyAlias, keyHash, teamId, userId } = caller;
      text = keyAlias === undefined ? '' : `,"key_alias":${quote(keyAlias)}`;
      text += `,"key_hash":${quote(keyHash.slice(0, KEY_HASH_SHOWN))}`;
      if (teamId !== undefined) text += `,"team":${quote(teamId)}`;
      if (this.#personal && userId !== undefined) text += `,"user":${quote(userId)}`;
      this.#made.set(caller, text);
    }
    return text;
  }
}

const PERSONAL = new CallerTexts(true);
const IMPERSONAL = new CallerTexts(false);

/** The line as JSON. Fields without a value are left out; `personal` adds the user and the end user. */
export function requestLineJson(settled: SettledExchange, time: string, personal: boolean): string {
  const { caller, usage, attempts } = settled;
  let line = `{"level":"${requestLevel(settled)}","time":"${time}","msg":"request","call_id":${quote(settled.callId)}`;
  line += `,"route":${quote(settled.route)},"status":${settled.status},"outcome":"${settled.outcome}"`;
  if (settled.error !== undefined) line += `,"error":"${settled.error}"`;
  if (caller !== undefined) line += (personal ? PERSONAL : IMPERSONAL).of(caller);
  if (personal && settled.endUser !== undefined) line += `,"end_user":${quote(settled.endUser)}`;
  if (settled.group !== undefined) line += `,"group":${quote(settled.group)}`;
  const last = lastAttempt(attempts);
  if (last !== undefined) {
    line += `,"deployment":${quote(last.deploymentId)},"provider":${quote(last.provider)}`;
    if (last.failure !== undefined && last.status !== undefined) line += `,"provider_status":${last.status}`;
  }
  if (settled.lane !== undefined) line += `,"lane":"${settled.lane}"`;
  if (settled.laneReason !== undefined) line += `,"lane_reason":${quote(settled.laneReason)}`;
  line += `,"stream":${settled.stream},"attempts":${attempts.length}`;
  const hedge = hedgeOutcome(attempts);
  if (hedge !== undefined) line += `,"hedge":"${hedge}"`;
  if (usage !== undefined) {
    line += `,"input_tokens":${usage.inputTokens},"output_tokens":${usage.outputTokens}`;
    if (usage.cachedInputTokens !== undefined) line += `,"cached_tokens":${usage.cachedInputTokens}`;
    if (usage.isEstimated === true) line += ',"usage_estimated":true';
  }
  if (settled.cost !== undefined) line += `,"cost_usd":"${formatUsd(settled.cost)}"`;
  if (settled.degraded !== undefined) {
    const { step, trafficClass } = settled.degraded;
    line += `,"degraded":"${step}"`;
    if (trafficClass !== undefined) line += `,"traffic_class":"${trafficClass}"`;
  }
  if (settled.saved !== undefined) line += `,"saved_usd":"${formatUsd(settled.saved)}"`;
  if (settled.cached !== undefined) line += `,"cache":"${settled.cached}"`;
  if (settled.loweredMaxTokens !== undefined) line += `,"lowered_max_tokens":${settled.loweredMaxTokens}`;
  if (settled.unpriced) line += ',"unpriced":true';
  line += `,"duration_ms":${milliseconds(settled.durationMs)}`;
  if (settled.firstByteMs !== undefined) line += `,"first_byte_ms":${milliseconds(settled.firstByteMs)}`;
  line += `,"overhead_ms":${milliseconds(settled.overheadMs)}`;
  if (settled.volatileHeadTokens !== undefined) line += `,"volatile_head_tokens":${settled.volatileHeadTokens}`;
  if (settled.removedTokens !== undefined) line += `,"removed_tokens":${settled.removedTokens}`;
  if (settled.dropped > 0) line += `,"dropped":${settled.dropped}`;
  return `${line}}\n`;
}

/** The line for people: what happened first, what it used, where to look it up last. */
export function requestLineText(settled: SettledExchange, time: string, personal: boolean): string {
  const { caller, usage, attempts } = settled;
  const last = lastAttempt(attempts);
  let line = `${time.slice(11, 23)} ${requestLevel(settled).padEnd(5)} ${settled.status} ${settled.route}`;
  if (settled.group !== undefined) line += ` ${printable(settled.group)}`;
  if (last !== undefined) line += ` → ${last.provider}`;
  if (settled.lane !== undefined) line += ` (${settled.lane})`;
  if (settled.error !== undefined) line += ` ${settled.error}`;
  else if (settled.outcome === 'client-gone') line += ' client-gone';
  if (attempts.length > 1) line += `, ${attempts.length} attempts`;
  const hedge = hedgeOutcome(attempts);
  if (hedge !== undefined) line += `, hedge ${hedge}`;
  if (usage !== undefined) line += `, ${usage.inputTokens} → ${usage.outputTokens} tokens`;
  if (settled.cost !== undefined) line += `, $${formatUsd(settled.cost)}`;
  line += `, ${milliseconds(settled.durationMs)} ms (${milliseconds(settled.overheadMs)} ours)`;
  if (caller !== undefined) line += `, key ${printable(caller.keyAlias ?? caller.keyHash.slice(0, KEY_HASH_SHOWN))}`;
  if (personal && settled.endUser !== undefined) line += `, for ${printable(settled.endUser)}`;
  return `${line}, call ${printable(settled.callId)}\n`;
}

/** Milliseconds with three digits behind the point; several times faster than writing the fraction itself. */
function milliseconds(value: number): string {
  if (!(value >= 0 && value < 1e12)) return '0';
  const micro = Math.round(value * 1000);
  const whole = Math.floor(micro / 1000);
  const rest = micro - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${THREE_DIGITS[rest]}`;
}

/** A JSON string. Nearly every text needs no escaping, and looking is cheaper than escaping. */
function quote(text: string): string {
  return /[^ !#-[\]-~]/.test(text) ? JSON.stringify(text) : `"${text}"`;
}
