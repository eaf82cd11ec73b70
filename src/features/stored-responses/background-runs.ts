/** Responses that are made in the background on this instance. */
import { asGatewayError, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { errorBody } from '../../formats/client-error.ts';
import { inputItemsOf } from '../../formats/openai-responses/kept-request.ts';
import { failedResponse, queuedResponse } from '../../formats/openai-responses/kept-response.ts';
import type { ResponseOwner, WithResponse } from '../../stores/contracts/responses.ts';
import type { World } from '../feature.ts';
import { BackgroundClient } from './background-client.ts';
import type { Reasoning, Shelf } from './shelf.ts';

/** One response that is being made. */
export interface BackgroundRun {
  readonly owner: ResponseOwner;
  readonly id: string;
  readonly client: BackgroundClient;
  readonly queued: JsonObject;
  /** Members that only the gateway knows. */
  readonly told: JsonObject;
  readonly input: readonly JsonValue[];
}

/** How long a response counts as being made if its instance does not say so again. */
const BELIEVED_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;

/** All of them. */
export class BackgroundRuns {
  readonly #world: World;
  readonly #shelf: Shelf;
  readonly #running = new Map<string, BackgroundRun>();
  #timer: NodeJS.Timeout | undefined;

  constructor(world: World, shelf: Shelf) {
    this.#world = world;
    this.#shelf = shelf;
  }

  /** Throws if a key has as many as it may have. */
  refuseOneMore(keyHash: string): void {
    const most = this.#shelf.config?.mostInBackground ?? 0;
    let count = 0;
    for (const { owner } of this.#running.values()) if (owner.keyHash === keyHash) count += 1;
    if (count < most) return;
    throw new GatewayError(
      'rate_limited',
      `This key has ${count} responses in the background already, as many as it may have (general_settings.max_background_responses). Wait until one is over, or cancel one.`,
      { retryAfterMs: 1_000 },
    );
  }

  /** Answers the client at once, and lets the request go on without it. */
  start(exchange: Exchange, owner: ResponseOwner, told: JsonObject): BackgroundRun {
    const { client, callId, body, startedAtMs, askedModel = '' } = exchange;
    const parsed = parseJson(body.toString('utf8'));
    const asked = isJsonObject(parsed) ? parsed : {};
    const id = `resp_${callId}`;
    const queued = {
      ...queuedResponse(asked, id, askedModel, Math.floor(startedAtMs / 1_000)),
      ...told,
    };
    const run = { owner, id, client: new BackgroundClient(client), queued, told, input: inputItemsOf(asked) };
    this.#running.set(placeOf(owner, id), run);
    this.#timer ??= setInterval(() => this.#renew(), RENEWED_EVERY_MS).unref();
    exchange.client = run.client;
    const headers = ['content-type', 'application/json', 'x-litellm-call-id', callId, 'x-request-id', callId];
    const running = { ...queued, status: 'in_progress' };
    this.#shelf
      .put(
        owner,
        id,
        { response: running, input: run.input },
        { runningUntilMs: this.#world.clock.nowMs() + BELIEVED_MS },
      )
      .then(
        () => client.sendWhole(200, headers, Buffer.from(JSON.stringify(queued))),
        (cause: unknown) => {
          const error = asGatewayError(cause);
          client.sendWhole(error.status, headers, errorBody(error));
          this.leave(owner, id);
        },
      );
    return run;
  }

  /** Stores the answer. */
  complete(run: BackgroundRun, answer: JsonObject, reasoning: Reasoning, more: WithResponse): void {
    this.#end(run, { ...answer, id: run.id, background: true, ...run.told }, reasoning, more);
  }

  /** Stores that there is none, unless the run is over. */
  fail(run: BackgroundRun, error: GatewayError | undefined): void {
    const message = error?.message ?? 'The response is larger than responses_store_max_mb and was not stored.';
    this.#end(run, failedResponse(run.queued, message));
  }

  /** Ends a run of this instance without storing anything. */
  leave(owner: ResponseOwner, id: string): void {
    const run = this.#running.get(placeOf(owner, id));
    if (run === undefined) return;
    this.#forget(run);
    run.client.leave();
  }

  /** Ends all runs: their responses have failed. */
  async close(timeoutMs: number): Promise<void> {
    const runs = [...this.#running.values()];
    if (runs.length === 0) return;
    const ends = runs.map(async (run) => {
      const { owner, id, queued, input } = run;
      this.leave(owner, id);
      const message = 'The gateway was stopped while this response was made. Send the request again.';
      await this.#shelf.end(owner, id, { response: failedResponse(queued, message), input });
    });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.allSettled(ends), tooLate]);
    clearTimeout(timer);
  }

  #end(run: BackgroundRun, response: JsonObject, reasoning: Reasoning = [], more: WithResponse = {}): void {
    if (!this.#forget(run)) return;
    const { owner, id, input } = run;
    this.#shelf.end(owner, id, { response, input, reasoning }, more).catch((error: unknown) => {
      this.#world.onFault(`the response ${id}, which was made in the background, could not be stored`, error);
    });
  }

  #forget({ owner, id }: BackgroundRun): boolean {
    const wasThere = this.#running.delete(placeOf(owner, id));
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return wasThere;
  }

  /** A run that was cancelled or deleted on another instance is left. */
  #renew(): void {
    const untilMs = this.#world.clock.nowMs() + BELIEVED_MS;
    for (const { owner, id } of this.#running.values()) {
      this.#shelf.renew(owner, id, untilMs).then(
        (isRunning) => {
          if (!isRunning) this.leave(owner, id);
        },
        // The next look renews it, if the database is back by then.
        () => undefined,
      );
    }
  }
}

function placeOf({ scope }: ResponseOwner, id: string): string {
  return `${scope} ${id}`;
}
