/**
 * The slots: the places in a request's path where features may act, in a fixed order. A slot that no feature fills is undefined, so
 * that what is off costs one comparison. `pipeline/handle.ts` calls them; `features/` fills them.
 */
import type { PicoUsd } from '../core/money.ts';
import type { FormatId, Usage } from '../formats/neutral/conversation.ts';
import type { ShownCache } from '../formats/usage-mask.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { ClaimAccount, MoneyLimit, Refusal } from '../stores/contracts/claims.ts';
import type { Mechanism } from '../stores/contracts/ledger.ts';
import type { Accounts } from '../tenancy/accounts.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { Scope } from '../tenancy/scopes.ts';
import type { OpenClaim } from './admission.ts';

/** All slots, as they are filled under one configuration. `Exchange`: the request, which has the slots itself. */
export interface Slots<Exchange> {
  /** Sees the request before it is planned. Throws a GatewayError to refuse it. */
  readonly guardInput: ((exchange: Exchange) => void | Promise<void>) | undefined;
  /** One after the other, so that each sees the body that the one before it made. */
  readonly prepare: readonly Prepare<Exchange>[] | undefined;
  /** Orders the deployments of a plan that may be tried now, best first, and may leave some out; not all of them. */
  readonly rank: ((exchange: Exchange, deployments: readonly Deployment[]) => readonly Deployment[]) | undefined;
  /** Gives an answer without asking a provider; undefined: there is none. */
  readonly recall:
    | ((exchange: Exchange) => RecalledAnswer | undefined | Promise<RecalledAnswer | undefined>)
    | undefined;
  /** Answers by asking once or several times; it has to send exactly one answer, or to throw. */
  readonly answer: ((exchange: Exchange, ask: Ask) => Promise<void>) | undefined;
  /** Gives the body that takes the place of what is sent to a deployment; undefined: it stays. Called for each attempt. */
  readonly rewrite: ((exchange: Exchange, call: WrittenCall) => Buffer | undefined) | undefined;
  /**
   * Says how much a caller is shown of what the provider read from its prompt cache; undefined: what the provider says. Called for each
   * attempt, before its answer comes.
   */
  readonly showCache: ((exchange: Exchange, deployment: Deployment) => ShownCache | undefined) | undefined;
  /** Says how the answer to this request is looked at; an empty list: not at all. Called before there is an answer. */
  readonly guardOutput: ((exchange: Exchange) => readonly OutputGuard[]) | undefined;
  /** The request is over and booked. What it throws is reported and harms no request. */
  readonly settled: ((exchange: Exchange) => void) | undefined;
}

/** Gives the body that takes the place of the client's, before its size is checked and claimed; undefined: it stays. */
export type Prepare<Exchange> = (exchange: Exchange) => Buffer | undefined | Promise<Buffer | undefined>;

/** No feature is on. */
export const NO_SLOTS: Slots<unknown> = {
  guardInput: undefined,
  prepare: undefined,
  rank: undefined,
  recall: undefined,
  answer: undefined,
  rewrite: undefined,
  showCache: undefined,
  guardOutput: undefined,
  settled: undefined,
};

/** An answer that a feature has. A whole one is also given to clients that asked for a stream. */
export interface RecalledAnswer {
  /** In the client's format: JSON, or the bytes of a stream. A stream is for clients that asked for one. */
  readonly body: Buffer;
  readonly isStream: boolean;
  /** What the answer used when it was made: its tokens count for limits, and cost nothing. */
  readonly usage: Usage | undefined;
  /** Further headers, names and values in turn. */
  readonly headers?: readonly string[];
}

/** A request as it is written for one deployment. */
export interface WrittenCall {
  readonly deployment: Deployment;
  /** The format of the body, which may be another than the client's. */
  readonly format: FormatId;
  readonly body: Buffer;
}

/** An answer as the client gets it. */
export interface AnswerView {
  /** The words of the model; of an answer that is not a conversation, the whole body. */
  readonly text: string;
  readonly body: Buffer;
  readonly isStream: boolean;
}

/**
 * How a feature looks at an answer.
 * `whole`: before the client gets a byte, streams included, which then arrive in one piece. It may refuse or change everything.
 * `passages`: as it comes, with the last characters held back until more is known. What was sent before a refusal stays sent; the
 * client then gets an error event. It may not change anything.
 * `copy`: after the client got all of it. Answers that fail are not shown.
 */
export type OutputGuard =
  | {
      readonly sees: 'whole';
      /** Throws a GatewayError to refuse; gives the body that is sent instead, of the same kind. */
      check(answer: AnswerView): Buffer | undefined | Promise<Buffer | undefined>;
    }
  | {
      readonly sees: 'passages';
      /** How many characters are held back: the length of what a check has to see at once. */
      readonly heldCharacters: number;
      /** Throws a GatewayError to refuse. Sees what is held and what is new. */
      check(passage: string): void;
    }
  | {
      readonly sees: 'copy';
      /** A larger answer is not copied. */
      readonly maxBytes: number;
      take(answer: AnswerView): void;
    };

/** Asks providers for a feature in the answer slot. Each call is an attempt of its own, which is covered, booked and billed. */
export interface Ask {
  /**
   * Sends the answer to the client. `deployments`: these instead of the planned ones. `by`: the mechanism for whose sake others were
   * asked before, which count as what it cost.
   */
  send(deployments?: readonly Deployment[], by?: Mechanism): Promise<void>;
  /** Holds the answer back, to be judged first. */
  draft(deployments?: readonly Deployment[]): Promise<Draft>;
}

/** An answer that the client has not got yet. */
interface Draft {
  readonly answer: AnswerView;
  /** Gives it to the client. `by`: the mechanism for whose sake the others were asked, which count as what it cost. */
  send(by?: Mechanism): void;
}

/** A feature's own state of one request; `Exchange.of` finds it. Made once, at the start. */
export interface StateSlot<State> {
  readonly index: number;
  /** The state of a request that has none yet. */
  readonly make: () => State;
}

/** Who asks: what the scopes of a request and its key are. */
export interface Asker {
  readonly scopes: readonly Accounts[];
  readonly identity: Identity | undefined;
}

/** Hears what limits said to requests. No slot: it can change nothing, and has no part in the order. */
export interface LimitListener {
  admitted(claim: OpenClaim, asker: Asker, nowMs: number): void;
  refused(refusal: Refusal, accounts: readonly ClaimAccount[], asker: Asker, nowMs: number): void;
  settled(claim: OpenClaim, cost: PicoUsd): void;
  /** The budget of a deployment or a provider was looked at. */
  looked(scope: Scope, period: Omit<MoneyLimit, 'max' | 'debt'>, spent: PicoUsd): void;
}
