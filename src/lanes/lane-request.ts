import type { FormatId } from '../formats/neutral/conversation.ts';
import type { Misfit } from '../providers/instructed-schema.ts';
import type { OperationId } from '../providers/provider.ts';
import type { ReadableEnvelope } from '../wire/envelope.ts';

/** What the lanes read of an operation. */
export interface LaneOperation {
  readonly id: OperationId;
  /** What `model_info.mode` calls a model that is made for it. */
  readonly mode?: string;
  /** Asked instead if it gives the same answer and the provider or the model does not offer the operation itself. */
  readonly standIn?: { readonly id: OperationId; readonly mode: string };
  /** What is asked for instead, in words that lead to the same, if the provider cannot do it with this request. */
  readonly actsAs?: LaneOperation;
}

/** What the lanes read of a request. */
export interface LaneRequest {
  readonly callId: string;
  readonly startedAtMs: number;
  readonly endpoint: { readonly operation: LaneOperation; readonly format: FormatId };
  readonly client: { readonly headers: Readonly<Record<string, string | string[] | undefined>> };
  readonly body: Buffer;
  /** Larger texts are not parsed where this request is served; absent: all may be. */
  readonly mostParsedBytes?: number;
  readonly outline: {
    readonly promptBytes: number;
    readonly webSearches: number;
    readonly toolKinds: readonly string[];
  };
  readonly envelope: ReadableEnvelope;
  /** The model's name as the client means it. */
  readonly model: string | undefined;
  /** The name that the client sent, which may be the key's alias of `model`. */
  readonly askedModel: string | undefined;
  readonly stream: boolean;
  /** Whether a client that streams asked for usage. */
  readonly streamUsage: boolean;
  /** The model group that the client asked for, and the one whose deployment is tried now. */
  readonly group: { readonly name: string } | undefined;
  readonly servedGroup: string | undefined;
  /** The answer that this call has to repair. */
  readonly misfit: Misfit | undefined;
}
