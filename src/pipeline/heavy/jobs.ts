/**
 * The work on large bodies that is done on a thread of its own: what it is given, what it makes and how it fails. All of it is
 * data, which is copied between threads.
 */
import { GatewayError } from '../../core/errors.ts';
import type { TextWindows } from '../../costs/token-estimate.ts';
import { FormatError } from '../../formats/format.ts';
import type { FormatId, Usage } from '../../formats/neutral/conversation.ts';
import type { AnswerPlan } from '../../lanes/answer-plan.ts';
import { AnswerProblem } from '../../lanes/answer-problem.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import type { LaneRequest } from '../../lanes/lane-request.ts';
import type { Written } from '../../lanes/travel.ts';
import type { OperationId } from '../../providers/provider.ts';
import type { DeploymentData } from './deployment-data.ts';

/** A request without its body, which travels beside it. */
export interface RequestData
  extends Pick<
    LaneRequest,
    'callId' | 'startedAtMs' | 'envelope' | 'model' | 'askedModel' | 'stream' | 'streamUsage' | 'servedGroup' | 'misfit'
  > {
  readonly operation: OperationId;
  readonly format: FormatId;
  readonly groupName: string | undefined;
}

/** One piece of work on a body. */
export type Job =
  /** Choose the lane to a deployment, and write the request for it. */
  | { readonly kind: 'write'; readonly request: RequestData; readonly deployment: DeploymentData }
  /** Read a whole answer. */
  | { readonly kind: 'read'; readonly plan: AnswerPlan; readonly isStream: boolean }
  /** Write a request again, as `JSON.parse` understands it. */
  | { readonly kind: 'normalize' }
  /** Find the words of a prompt; of a question that the gateway answers itself, check it too. */
  | { readonly kind: 'prompt'; readonly request: RequestData; readonly isQuestion: boolean };

type BodyMade<Rest> = Omit<Rest, 'body'> & { readonly body: Uint8Array };

/** What each kind of job makes. */
export interface Made {
  /** Undefined if no lane leads to the deployment. */
  readonly write:
    | (BodyMade<Written> & { readonly choice: Omit<LaneChoice, 'operation'> })
    | { readonly choice: undefined };
  readonly read: {
    readonly body: Uint8Array;
    readonly usage: Usage | undefined;
    readonly text: string;
    readonly id?: string | undefined;
  };
  readonly normalize: { readonly body: Uint8Array };
  readonly prompt: TextWindows;
}

/** What a job threw, as data: whose error it is decides what becomes of the request. */
type JobFailure =
  | {
      readonly kind: 'gateway';
      readonly code: GatewayError['code'];
      readonly message: string;
      readonly facts: Omit<GatewayError['facts'], 'cause'>;
    }
  | { readonly kind: 'format'; readonly path: string; readonly message: string }
  | { readonly kind: 'answer'; readonly problem: AnswerProblem['problem'] }
  | { readonly kind: 'fault'; readonly error: unknown };

/** What the thread is asked. */
export interface JobQuestion {
  readonly job: Job;
  readonly body: Uint8Array;
}

/** What the thread says. */
export type JobAnswer = 'ready' | { readonly made: Made[Job['kind']] } | { readonly failure: JobFailure };

/** What was thrown, for another thread. */
export function failureOf(thrown: unknown): JobFailure {
  if (thrown instanceof AnswerProblem) return { kind: 'answer', problem: thrown.problem };
  if (thrown instanceof FormatError) return { kind: 'format', path: thrown.path, message: thrown.message };
  if (!(thrown instanceof GatewayError)) return { kind: 'fault', error: thrown };
  const { code, message } = thrown;
  const { cause: _cause, ...facts } = thrown.facts;
  return { kind: 'gateway', code, message, facts };
}

/** The same again, to be thrown. */
export function thrownBy(failure: JobFailure): unknown {
  switch (failure.kind) {
    case 'answer':
      return new AnswerProblem(failure.problem);
    case 'format':
      return new FormatError(failure.path, failure.message);
    case 'gateway':
      return new GatewayError(failure.code, failure.message, failure.facts);
    case 'fault':
      return failure.error;
  }
}
