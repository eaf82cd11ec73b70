import type { JsonObject } from '../core/json.ts';
import type { Identity } from '../tenancy/identity.ts';

/** Which part of a list is asked for, in OpenAI's words. */
export interface ItemsPage {
  readonly after: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

/** Conversations that were stored, as their owners may see them. Each method rejects with a GatewayError if there is no such one. */
export interface StoredConversations {
  create(owner: Identity, asked: JsonObject): Promise<JsonObject>;
  show(owner: Identity, id: string): Promise<JsonObject>;
  /** Changes its metadata. */
  update(owner: Identity, id: string, asked: JsonObject): Promise<JsonObject>;
  delete(owner: Identity, id: string): Promise<JsonObject>;
  items(owner: Identity, id: string, page: ItemsPage): Promise<JsonObject>;
  addItems(owner: Identity, id: string, asked: JsonObject): Promise<JsonObject>;
  showItem(owner: Identity, id: string, item: string): Promise<JsonObject>;
  /** Deletes an item; gives the conversation. */
  deleteItem(owner: Identity, id: string, item: string): Promise<JsonObject>;
}

/** Responses that were stored, as their owners may see them. Each method rejects with a GatewayError if there is no such response. */
export interface StoredResponses {
  readonly conversations: StoredConversations;
  show(owner: Identity, id: string): Promise<JsonObject>;
  /** The events of a response, those behind the one of a number: of one that is streamed in the background as they come. */
  events(owner: Identity, id: string, after: number): Promise<string | AsyncIterable<string>>;
  delete(owner: Identity, id: string): Promise<JsonObject>;
  /** Ends a response that is made in the background. */
  cancel(owner: Identity, id: string): Promise<JsonObject>;
  /** The input of a response, earlier turns included. */
  inputItems(owner: Identity, id: string, page: ItemsPage): Promise<JsonObject>;
}
