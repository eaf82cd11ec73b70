import type { JsonObject } from '../core/json.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { LaneOperation, LaneRequest } from '../lanes/lane-request.ts';
import type { Travel } from '../lanes/travel.ts';
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
  /** How a request travels to a provider that speaks another format than the client; absent if it can only be relayed. */
  readonly translation?: Travel;
  /** The smallest request that shows whether a deployment works; absent if none is small enough to be sent unasked. */
  probeBody?(deployment: Deployment, operation: ProviderOperation): JsonObject;
  /** How the gateway itself answers with the count of a prompt, if the provider has no such operation. */
  readonly ownCount?: {
    /** Throws what is wrong with a request. */
    check(request: LaneRequest): void;
    write(tokens: number, format: FormatId): Buffer;
  };
}
