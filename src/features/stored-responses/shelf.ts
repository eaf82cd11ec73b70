/** What is stored for clients: written and read as response objects with their input, sealed if the configuration says so. */
import { itemsOf, type JsonObject, type JsonValue, objectOf } from '../../core/json.ts';
import { failedResponse } from '../../formats/openai-responses/kept-response.ts';
import type { ResponseOwner, StoredEvents, StoredResponse, WithResponse } from '../../stores/contracts/responses.ts';
import type { World } from '../feature.ts';
import { answered } from './answered.ts';
import type { StoredResponsesConfig } from './settings.ts';

/** A response with the input that it answers. */
interface KeptResponse {
  readonly response: JsonObject;
  readonly input: readonly JsonValue[];
  /** Which deployment made the reasoning that no other one may be able to read: pairs of an item's id and a deployment's. */
  readonly reasoning?: Reasoning;
}

/** What is stored together with a response; and, while it is being made, until when it may be believed to be. */
interface PutMore extends WithResponse {
  readonly runningUntilMs?: number;
}

/** Pairs of the id of a reasoning item and of the deployment that made it. */
export type Reasoning = readonly (readonly [item: string, deployment: string])[];

const MEBIBYTE = 1_048_576;
const SEALED = /^s\d:/;
/** Another instance may still be writing what its client already has. */
const LOOK_AGAIN_MS = 150;

/** The responses of all owners. */
export class Shelf {
  readonly #world: World;
  config: StoredResponsesConfig | undefined;
  /** Writes under way: a client may name its response before the database has it. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Keeps a response; rejects if the database is unavailable. What is too large is not kept. */
  async put(owner: ResponseOwner, id: string, kept: KeptResponse, more: PutMore = {}): Promise<void> {
    const { config } = this;
    if (config === undefined) return;
    const { runningUntilMs, ...together } = more;
    const data = JSON.stringify(kept);
    if (Buffer.byteLength(data) > config.mostMegabytes * MEBIBYTE) {
      this.#world.log.app.warn({ id }, 'A response is larger than responses_store_max_mb and was not stored');
      const { addition } = more;
      const most = config.mostMegabytesOfScope * MEBIBYTE;
      if (addition !== undefined) await this.#world.conversations.add(owner, addition, most);
      return;
    }
    const createdAtMs = Math.round(this.#world.clock.nowMs());
    const stored: StoredResponse = {
      ...{
        id,
        createdAtMs,
        expiresAtMs: createdAtMs + config.retentionMs,
        data: this.#sealed(responseLabel(id), data),
      },
      ...(runningUntilMs !== undefined && { runningUntilMs: Math.round(runningUntilMs) }),
    };
    const place = `${owner.scope} ${id}`;
    const writing = this.#world.responses.put(
      owner,
      stored,
      config.mostMegabytesOfScope * MEBIBYTE,
      this.#withSealed(id, together),
    );
    this.#writing.set(place, writing);
    try {
      await writing;
    } finally {
      if (this.#writing.get(place) === writing) this.#writing.delete(place);
    }
  }

  /** Ends a response that is being made. False if it was cancelled or deleted meanwhile. */
  end(owner: ResponseOwner, id: string, kept: KeptResponse, more: WithResponse = {}): Promise<boolean> {
    const data = this.#sealed(responseLabel(id), JSON.stringify(kept));
    return this.#world.responses.end(owner, id, data, this.#withSealed(id, more));
  }

  /** A response of an owner; undefined if there is none. */
  async find(
    { scope }: ResponseOwner,
    id: string,
  ): Promise<(Required<KeptResponse> & { readonly isRunning: boolean }) | undefined> {
    const { responses, clock } = this.#world;
    await this.#writing.get(`${scope} ${id}`)?.catch(() => undefined);
    let stored = await answered(responses.get(scope, id, clock.nowMs()));
    if (stored === undefined && this.#world.mayBeShared) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      stored = await answered(responses.get(scope, id, clock.nowMs()));
    }
    const opened = stored === undefined ? undefined : this.#opened(id, stored.data);
    if (stored === undefined || opened === undefined) return undefined;
    const { response, input, reasoning } = opened;
    const isRunning = stored.runningUntilMs !== undefined && stored.runningUntilMs > clock.nowMs();
    if (stored.runningUntilMs === undefined || isRunning) return { response, input, reasoning, isRunning };
    // The instance that made it is gone, and no other one ends it.
    const failed = failedResponse(
      response,
      'The gateway was stopped while this response was made. Send the request again.',
    );
    return { response: failed, input, reasoning, isRunning };
  }

  /** Which responses of an owner have these items. */
  holdersOf({ scope }: ResponseOwner, itemIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return answered(this.#world.responses.holdersOf(scope, itemIds, this.#world.clock.nowMs()));
  }

  delete({ scope }: ResponseOwner, id: string): Promise<boolean> {
    const { responses, clock } = this.#world;
    return answered(responses.delete(scope, id, clock.nowMs()));
  }

  /** Stores events of a response that is being made. False if it is not any more. */
  putEvents({ scope }: ResponseOwner, id: string, { first, data }: StoredEvents): Promise<boolean> {
    const most = (this.config?.mostMegabytesOfScope ?? 0) * MEBIBYTE;
    return this.#world.responses.putEvents(scope, id, this.#sealedEvents(id, { first, data }), most);
  }

  /** Events of a response from a number on, in pages; undefined if there is no such response. */
  async events({ scope }: ResponseOwner, id: string, from: number, mostBatches: number) {
    const nowMs = this.#world.clock.nowMs();
    const page = await answered(this.#world.responses.events(scope, id, { from, mostBatches, nowMs }));
    if (page === undefined) return undefined;
    const { batches, runningUntilMs } = page;
    return {
      batches: batches.map(({ first, data }) => ({ first, data: this.#unsealed(data, eventsLabel(id, first)) ?? '' })),
      isRunning: runningUntilMs !== undefined && runningUntilMs > nowMs,
    };
  }

  renew({ scope }: ResponseOwner, id: string, untilMs: number): Promise<boolean> {
    return this.#world.responses.renew(scope, id, Math.round(untilMs));
  }

  #sealed(label: string, data: string): string {
    return this.config?.isEncrypted === true ? this.#world.seal.seal(data, label) : data;
  }

  #sealedEvents(id: string, { first, data }: StoredEvents): StoredEvents {
    return { first, data: this.#sealed(eventsLabel(id, first), data) };
  }

  #withSealed(id: string, { events, ...more }: WithResponse): WithResponse {
    return events === undefined ? more : { ...more, events: this.#sealedEvents(id, events) };
  }

  /** Undefined if it was sealed under a key that is not known any more: for its client it does not exist. */
  #unsealed(data: string, label: string): string | undefined {
    if (!SEALED.test(data)) return data;
    try {
      return this.#world.seal.unseal(data, label);
    } catch (error) {
      this.#world.onFault(`the stored ${label} cannot be opened`, error);
      return undefined;
    }
  }

  #opened(id: string, data: string): Required<KeptResponse> | undefined {
    const text = this.#unsealed(data, responseLabel(id));
    if (text === undefined) return undefined;
    const value = objectOf(JSON.parse(text) as JsonValue);
    const reasoning = itemsOf(value?.reasoning) as unknown as Reasoning;
    return { response: objectOf(value?.response) ?? {}, input: itemsOf(value?.input), reasoning };
  }
}

const responseLabel = (id: string): string => `response ${id}`;
const eventsLabel = (id: string, first: number): string => `events of response ${id} from ${first}`;

const LISTED = /^item_([\w.:-]{1,240})_(\d{1,6})$/;

/** The id under which an item of an input is listed that has none of its own. */
export function listedItemId(responseId: string, index: number): string {
  return `item_${responseId.replace(/^resp_/, '')}_${index}`;
}

/** Where the item of such an id is. */
export function sourceOfListedItem(id: string): { readonly responseId: string; readonly index: number } | undefined {
  const [, base, index] = LISTED.exec(id) ?? [];
  return base === undefined ? undefined : { responseId: `resp_${base}`, index: Number(index) };
}
