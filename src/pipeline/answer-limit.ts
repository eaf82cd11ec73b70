/** How long an answer a request asks for, and how that is lowered to what a budget still allows. */
import { memberNamed, parseMember, type ReadableEnvelope, readEnvelope } from '../wire/envelope.ts';
import { splice } from '../wire/splice.ts';
import { candidatesOf } from './candidates.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';

/** How much of an answer was asked for. */
export interface LimitsAsked {
  /** Tokens of one choice; undefined: no limit. */
  readonly maxOutputTokens: number | undefined;
  /** `n` or `best_of`. */
  readonly choices: number;
}

const LIMIT_MEMBERS = ['max_completion_tokens', 'max_tokens'] as const;
const MOST_CHOICES = 128;

/** What a request asks for: by its own words, else by what the deployment adds. */
export function limitsAsked({ body, envelope }: Exchange, deployment: Deployment | undefined): LimitsAsked {
  const own = LIMIT_MEMBERS.map((name) => numberIn(body, envelope, name)).find((value) => value !== undefined);
  const added = LIMIT_MEMBERS.map((name) => deployment?.config.defaultParams[name]).find(
    (value) => typeof value === 'number',
  );
  const limit = own ?? (typeof added === 'number' ? added : undefined);
  const choices = Math.max(numberIn(body, envelope, 'n') ?? 1, numberIn(body, envelope, 'best_of') ?? 1);
  return {
    maxOutputTokens: limit !== undefined && limit > 0 ? Math.ceil(limit) : undefined,
    choices: Math.min(Math.max(Math.ceil(choices), 1), MOST_CHOICES),
  };
}

function numberIn(body: Buffer, envelope: ReadableEnvelope, name: string): number | undefined {
  const member = memberNamed(envelope, name);
  if (member?.kind !== 'number') return undefined;
  const value = parseMember(body, member);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
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
    const asked = numberIn(body, envelope, name);
    const json = String(asked !== undefined && asked > 0 ? Math.min(asked, cap) : cap);
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
