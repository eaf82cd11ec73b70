import type { JsonObject } from '../core/json.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { RequestOutline } from '../formats/outline.ts';
import type { LaneChoice } from '../lanes/choose-lane.ts';
import type { LaneOperation, LaneRequest } from '../lanes/lane-request.ts';
import type { PreparedCall } from '../lanes/prepared-call.ts';
import type { ProviderOperation } from '../providers/provider.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** A kind of work that models do: how it travels, what it costs, and what may be done about a provider that is late or fails. */
export interface Operation extends LaneOperation {
  /** What its models are called; used for a model whose `model_info` names no mode. */
  readonly modelNames?: RegExp;
  /** Using it costs nothing: it claims nothing, and its answers are not booked. */
  readonly isFree: boolean;
  /** The model writes an answer, whose length decides what it costs. */
  readonly hasOutput: boolean;
  /** A second deployment may be asked when the first is late (`hedge`). */
  readonly mayHedge: boolean;
  /** A stream that breaks may be continued by another deployment. */
  readonly mayContinue: boolean;
  /** LiteLLM's `call_type`, as the ledger and the logs name it. */
  callType(format: FormatId): string;
  /** Makes a request ready for a provider that speaks another format than the client; absent if it can only be relayed. */
  translate?(request: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall;
  /** The smallest request that shows whether a deployment works; absent if none is small enough to be sent unasked. */
  probeBody?(deployment: Deployment, operation: ProviderOperation): JsonObject;
  /** Answers without a provider, if its provider has no such operation. */
  answerHere?(
    outline: RequestOutline,
    countTokens: (text: string) => Promise<number>,
    request: LaneRequest,
  ): Promise<Buffer>;
}
