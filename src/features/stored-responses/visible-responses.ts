import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ItemsPage, StoredResponses } from '../../exchange/stored-responses.ts';
import { listedItem } from '../../formats/openai-responses/kept-response.ts';
import { hasStreamedEnd, replayedResponse } from '../../formats/openai-responses/replayed-response.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { BackgroundRuns } from './background-runs.ts';
import type { Followers } from './followers.ts';
import { ownerOf } from './owner-of.ts';
import { listedItemId, type Shelf } from './shelf.ts';
import { listOf, type VisibleConversations } from './visible-conversations.ts';

/** Stored responses as their owners see them. */
export class VisibleResponses implements StoredResponses {
  readonly #shelf: Shelf;
  readonly #runs: BackgroundRuns;
  readonly #followers: Followers;
  readonly conversations: VisibleConversations;

  constructor(shelf: Shelf, runs: BackgroundRuns, followers: Followers, conversations: VisibleConversations) {
    this.#followers = followers;
    this.conversations = conversations;
    this.#shelf = shelf;
    this.#runs = runs;
  }

  async show(owner: Identity, id: string): Promise<JsonObject> {
    return (await this.#find(owner, id)).response;
  }

  async events(identity: Identity, id: string, after: number): Promise<string | AsyncIterable<string>> {
    const owner = ownerOf(identity);
    const { response } = await this.#find(identity, id);
    const isStreamed = (await this.#shelf.events(owner, id, 0, 1))?.batches.length === 1;
    if (isStreamed) {
      this.#followers.refuseOneMore(owner);
      return this.#followers.follow({ owner, id, from: after + 1, log: this.#runs.logOf(owner, id) });
    }
    if (hasStreamedEnd(response)) return replayedResponse(response, after);
    throw new GatewayError(
      'invalid_request',
      `The response '${id.slice(0, 256)}' is ${String(response.status)} and was not created with 'stream': true, so it can be streamed only once it is over: ask for it without \`stream\`.`,
      { param: 'stream' },
    );
  }

  async delete(identity: Identity, id: string): Promise<JsonObject> {
    const owner = ownerOf(identity);
    await this.#find(identity, id);
    if (!(await this.#shelf.delete(owner, id))) throw unknownResponse(id);
    this.#runs.leave(owner, id);
    return { id, object: 'response', deleted: true };
  }

  async cancel(identity: Identity, id: string): Promise<JsonObject> {
    const owner = ownerOf(identity);
    const { response, input, isRunning } = await this.#find(identity, id);
    if (response.background !== true) {
      throw new GatewayError(
        'invalid_request',
        `The response '${id}' was not created with 'background': true, so it cannot be cancelled.`,
        { param: 'response_id' },
      );
    }
    if (!isRunning) return response;
    const cancelled = { ...response, status: 'cancelled' };
    await this.#runs.store(owner, id);
    const wasRunning = await this.#shelf.end(owner, id, { response: cancelled, input });
    this.#runs.leave(owner, id);
    return wasRunning ? cancelled : (await this.#find(identity, id)).response;
  }

  async inputItems(owner: Identity, id: string, { after, limit, order }: ItemsPage): Promise<JsonObject> {
    const { input } = await this.#find(owner, id);
    const items = input.map((item, index) => listedItem(item, listedItemId(id, index)));
    if (order === 'desc') items.reverse();
    const start = after === undefined ? 0 : items.findIndex((item) => item.id === after) + 1;
    if (after !== undefined && start === 0) {
      throw new GatewayError('invalid_request', `No item of this response has the id '${after.slice(0, 256)}'.`, {
        param: 'after',
      });
    }
    return listOf(items.slice(start, start + limit), start + limit < items.length);
  }

  async #find(owner: Identity, id: string) {
    if (this.#shelf.config?.isOn !== true) {
      throw new GatewayError(
        'unknown_response',
        'This gateway stores no responses: `general_settings.responses_store` is off.',
      );
    }
    const found = await this.#shelf.find(ownerOf(owner), id);
    if (found === undefined) throw unknownResponse(id);
    return found;
  }
}

function unknownResponse(id: string): GatewayError {
  return new GatewayError('unknown_response', `Response with id '${id.slice(0, 256)}' not found.`, {
    param: 'response_id',
  });
}
