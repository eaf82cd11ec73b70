import type { JsonObject } from '../../src/core/json.ts';
import { type Family, type Reply, wholeReply } from '../sending/reply.ts';

/** The kinds of failure that a provider has words for. */
export type ProblemKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'timeout'
  | 'conflict'
  | 'too-large'
  | 'rate-limit'
  | 'server'
  | 'unavailable'
  | 'overloaded'
  | 'other';

/** One failure, to be written in a provider's own shape. */
export interface Problem {
  readonly status: number;
  readonly kind: ProblemKind;
  readonly message: string;
  /** OpenAI's `param`. */
  readonly param?: string | null;
  /** OpenAI's `code`. */
  readonly code?: string | null;
  /** OpenAI's `type`, where it is not the usual one of the kind. */
  readonly type?: string;
  /** Gemini's `status` word, where it is not the usual one of the kind. */
  readonly word?: string;
  /** Anthropic's `details`. */
  readonly facts?: JsonObject;
  /** Gemini's `details`. */
  readonly details?: readonly JsonObject[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a format that refuses a request as its provider would. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A 400 in a provider's words. */
export function invalid(message: string, more: Partial<Problem> = {}): Refused {
  return new Refused({ status: 400, kind: 'invalid', message, ...more });
}

const WORDS: Record<ProblemKind, { openai: string; anthropic: string; gemini: string }> = {
  invalid: { openai: 'invalid_request_error', anthropic: 'invalid_request_error', gemini: 'INVALID_ARGUMENT' },
  unauthorized: { openai: 'invalid_request_error', anthropic: 'authentication_error', gemini: 'UNAUTHENTICATED' },
  forbidden: { openai: 'invalid_request_error', anthropic: 'permission_error', gemini: 'PERMISSION_DENIED' },
  'not-found': { openai: 'invalid_request_error', anthropic: 'not_found_error', gemini: 'NOT_FOUND' },
  timeout: { openai: 'timeout', anthropic: 'timeout_error', gemini: 'DEADLINE_EXCEEDED' },
  conflict: { openai: 'conflict_error', anthropic: 'invalid_request_error', gemini: 'ABORTED' },
  'too-large': { openai: 'invalid_request_error', anthropic: 'request_too_large', gemini: 'INVALID_ARGUMENT' },
  'rate-limit': { openai: 'requests', anthropic: 'rate_limit_error', gemini: 'RESOURCE_EXHAUSTED' },
  server: { openai: 'server_error', anthropic: 'api_error', gemini: 'INTERNAL' },
  unavailable: { openai: 'server_error', anthropic: 'api_error', gemini: 'UNAVAILABLE' },
  overloaded: { openai: 'server_error', anthropic: 'overloaded_error', gemini: 'UNAVAILABLE' },
  other: { openai: 'invalid_request_error', anthropic: 'invalid_request_error', gemini: 'FAILED_PRECONDITION' },
};

/** The body that a family's provider sends for a failure. */
export function errorBody(family: Family, problem: Problem, requestId: string): JsonObject {
  const words = WORDS[problem.kind];
  switch (family) {
    case 'openai':
    case 'responses':
      return {
        error: {
          message: problem.message,
          type: problem.type ?? words.openai,
          param: problem.param ?? null,
          code: problem.code ?? null,
        },
      };
    case 'anthropic':
      return {
        type: 'error',
        error: {
          type: words.anthropic,
          message: problem.message,
          ...(problem.facts === undefined ? {} : { details: problem.facts }),
        },
        request_id: requestId,
      };
    case 'gemini':
      return {
        error: {
          code: problem.status,
          message: problem.message,
          status: problem.word ?? words.gemini,
          ...(problem.details === undefined ? {} : { details: [...problem.details] }),
        },
      };
  }
}

/** The reply that a family's provider sends for a failure. */
export function errorReply(family: Family, problem: Problem, requestId: string): Reply {
  return wholeReply(family, errorBody(family, problem, requestId), {
    status: problem.status,
    headers: { ...problem.headers },
  });
}
