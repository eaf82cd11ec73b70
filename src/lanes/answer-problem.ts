import type { JsonValue } from '../core/json.ts';
import { FormatError } from '../formats/format.ts';
import type { ProviderErrorFacts, Usage } from '../formats/neutral/conversation.ts';
import type { UpstreamFault } from '../upstream/upstream.ts';
import { EventTooLarge } from '../wire/sse.ts';

/** Why an answer is not one, or is not whole. */
export type Problem =
  /** The connection broke or a time limit ran out. */
  | { readonly kind: 'fault'; readonly fault: UpstreamFault }
  /** The provider reported an error, with a status of success or inside a stream. */
  | ReportedProblem
  /** The stream ended cleanly but without the end mark of its format. */
  | { readonly kind: 'cut' }
  /** In place of the rest of a broken answer, the model began another one. */
  | { readonly kind: 'other-answer' }
  /** An answer that says nothing and was not ended: the provider bills none. */
  | { readonly kind: 'empty'; readonly detail: string }
  /** An answer that is not what `response_format` asked for; `why` is what the model has to hear. */
  | {
      readonly kind: 'misfit';
      readonly text: string;
      readonly why: string;
      readonly detail: string;
      readonly usage: Usage | undefined;
    }
  /** What came is not the provider's format. */
  | { readonly kind: 'malformed'; readonly detail: string };

/** An error that a provider reported in the place of an answer; `body` has the shape that providers' errors have. */
export interface ReportedProblem {
  readonly kind: 'reported';
  readonly body: JsonValue;
  readonly facts: ProviderErrorFacts;
}

/** An error that a provider reported inside a stream, as the problem it is. */
export function reportedProblem(facts: ProviderErrorFacts): ReportedProblem {
  const { message, type, code } = facts;
  return { kind: 'reported', body: { error: { message, type: type ?? null, code: code ?? null } }, facts };
}

/** Thrown by a lane for an answer that cannot be handed on. */
export class AnswerProblem extends Error {
  override readonly name = 'AnswerProblem';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** Whether a provider bills nothing for a failed answer: it reported an error in its place, or said nothing. */
export function isFree({ kind }: Problem): boolean {
  return kind === 'reported' || kind === 'empty';
}

/** The same of what was thrown. */
export function isFreeFailure(thrown: unknown): boolean {
  return thrown instanceof AnswerProblem && isFree(thrown.problem);
}

/** What is wrong with an answer that is not the provider's format. */
export function malformed({ path, message }: FormatError): Problem {
  const text = message.replace(/\.$/, '');
  return { kind: 'malformed', detail: path === '' || text.includes(path) ? text : `${path}: ${text}` };
}

/** Runs a step that reads what a provider sent; throws an AnswerProblem for what is not its format. */
export function readProvider<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof FormatError) throw new AnswerProblem(malformed(error));
    if (error instanceof EventTooLarge) throw new AnswerProblem({ kind: 'malformed', detail: error.message });
    throw error;
  }
}

/** What the provider counted for an answer that does not match its schema; undefined for any other failure. */
export function usageOfMisfit(thrown: unknown): Usage | undefined {
  return thrown instanceof AnswerProblem && thrown.problem.kind === 'misfit' ? thrown.problem.usage : undefined;
}
