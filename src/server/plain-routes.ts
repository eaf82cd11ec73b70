import type { IncomingMessage } from 'node:http';
import type { ModelRoute } from './routes.ts';

/** A route to a model, with its name in metrics and logs and the pattern of the path that was called. */
export interface PlainRoute {
  readonly route: ModelRoute;
  readonly address: { readonly name: string; readonly url: string };
}

/**
 * The model routes whose paths name no model. What nearly every request to a model is, JSON to such a path, is carried without the
 * framework: its routing and its hooks cost as much as identifying the caller, and do nothing for such a request.
 */
export class PlainRoutes {
  readonly #byPath = new Map<string, PlainRoute>();

  add(route: ModelRoute, address: PlainRoute['address']): void {
    if (!address.url.includes(':model')) this.#byPath.set(address.url, { route, address });
  }

  /** The route of a request; undefined if there is none, or if the framework has something to say to the request. */
  of({ url = '', method, headers }: IncomingMessage): PlainRoute | undefined {
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return undefined;
    return this.#byPath.get(url);
  }
}
