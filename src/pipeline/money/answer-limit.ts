/** How long an answer a request asks for, and how that is lowered to what a budget still allows. */

import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { memberNamed, parseMember, type ReadableEnvelope, readEnvelope } from '../../wire/envelope.ts';
import { splice } from '../../wire/splice.ts';
import { candidatesOf } from './candidates.ts';

/** How much of an answer was asked for. */
export interface LimitsAsked {
  /** Tokens of one choice; undefined: no limit. */
  readonly maxOutputTokens: number | undefined;
  /** `n` or `best_of`, for every prompt. */
  readonly choices: number;
}

const LIMIT_MEMBERS = ['max_completion_tokens', 'max_tokens'] as const;
const CHOICE_MEMBERS = ['n', 'best_of'] as const;
/** More than any provider makes of one request; only here so that a count stays one. */
const MOST_CHOICES = 1_000_000;

/** What a request asks for: by its own words, else by what the deployments that may answer add. */
export function limitsAsked(
  { body, envelope, endpoint }: Exchange,
  deployments: readonly Deployment[] | undefined,
): LimitsAsked {
  const own = LIMIT_MEMBERS.map((name) => countIn(body, envelope, name)).filter((count) => count !== 'absent');
  // Which of two limits counts is the provider's to say, and so is what an odd one means: the larger is held, or none.
  const limits = own.length > 0 ? own : (deployments ?? []).map(limitAdded);
  const isLimited = limits.length > 0 && limits.every((limit) => typeof limit === 'number' && limit > 0);
  const choices = CHOICE_MEMBERS.map((name) => countIn(body, envelope, name));
  const each = Math.max(1, ...choices.filter((count) => typeof count === 'number'));
  const prompts = endpoint.operation.id === 'completion' ? promptsIn(body, envelope) : 1;
  return {
    maxOutputTokens: isLimited ? Math.ceil(Math.max(...(limits as number[]))) : undefined,
    choices: Math.min(Math.ceil(each) * prompts, MOST_CHOICES),
  };
}

function limitAdded({ config }: Deployment): number | undefined {
  const added = LIMIT_MEMBERS.map((name) => config.defaultParams[name]).find((value) => typeof value === 'number');
  return typeof added === 'number' ? added : undefined;
}

/** A number, also in quotes, which lenient providers read as one; undefined: there is something else. */
function countIn(body: Buffer, envelope: ReadableEnvelope, name: string): number | 'absent' | undefined {
  const member = memberNamed(envelope, name);
  if (member === undefined || member.kind === 'null') return 'absent';
  if (member.kind !== 'number' && member.kind !== 'string') return undefined;
  const value = parseMember(body, member);
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) ? count : undefined;
}

/** Each of several prompts gets an answer of its own. A list of numbers is one prompt, in tokens. */
function promptsIn(body: Buffer, envelope: ReadableEnvelope): number {
  const member = memberNamed(envelope, 'prompt');
  if (member?.kind !== 'array') return 1;
  const prompts = parseMember(body, member);
  if (!Array.isArray(prompts) || prompts.every((entry) => typeof entry === 'number')) return 1;
  return prompts.length;
}

/** A limit above what a model can write is refused by many providers; where that is not known, every model takes this much. */
const TAKEN_BY_ALL = 4_096;

/** A limit that every deployment that may answer takes. */
export function takenByAll(exchange: Exchange, cap: number): number {
  const isKnown = candidatesOf(exchange).every(({ priced }) => priced.facts.maxOutputTokens !== undefined);
  return isKnown ? cap : Math.min(cap, TAKEN_BY_ALL);
}

/** Lowers the answer's limit in the request itself, so that every attempt sends the same bytes. */
export function lowerLimit(exchange: Exchange, cap: number): void {
  const { body, envelope } = exchange;
  const edits = LIMIT_MEMBERS.filter((name) => memberNamed(envelope, name) !== undefined).map((name) => {
    const asked = countIn(body, envelope, name);
    const json = String(typeof asked === 'number' && asked > 0 ? Math.min(asked, cap) : cap);
    return { edit: 'replace', name, json } as const;
  });
  exchange.body =
    edits.length > 0
      ? splice(body, envelope, edits)
      : splice(body, envelope, [{ edit: 'add', name: 'max_tokens', json: String(cap) }]);
  const edited = readEnvelope(exchange.body);
  if (!edited.ok) throw new RangeError('an edited body cannot be read');
  exchange.envelope = edited;
}
