import type { JsonObject } from '../core/json.ts';
import type { Identity } from '../tenancy/identity.ts';

/** Which part of a list is asked for, in OpenAI's words. */
export interface ItemsPage {
  readonly after: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

/** Responses that were stored, as their owners may see them. Each method rejects with a GatewayError if there is no such response. */
export interface StoredResponses {
  show(owner: Identity, id: string): Promise<JsonObject>;
  delete(owner: Identity, id: string): Promise<JsonObject>;
  /** Ends a response that is made in the background. */
  cancel(owner: Identity, id: string): Promise<JsonObject>;
  /** The input of a response, earlier turns included. */
  inputItems(owner: Identity, id: string, page: ItemsPage): Promise<JsonObject>;
}
