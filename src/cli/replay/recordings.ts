/** What was recorded of requests, opened again. */
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { makeSeal } from '../../gateway/make-seal.ts';
import { type RecordingStore, recordingPlace } from '../../stores/contracts/recordings.ts';
import type { RecordedBody } from './ask-again.ts';

/** Finds recordings, and counts what was found. */
export class Recordings {
  readonly #store: RecordingStore | undefined;
  readonly #seal: ReturnType<typeof makeSeal>;
  found = 0;
  /** Sealed under a key that is not here. */
  unreadable = 0;

  /** `store`: undefined if there is none, or nothing in it. */
  constructor(store: RecordingStore | undefined, env: NodeJS.ProcessEnv, masterKey: string) {
    this.#store = store;
    this.#seal = makeSeal(env, masterKey);
  }

  readonly of = async (callId: string): Promise<RecordedBody | undefined> => {
    const recording = await this.#store?.get(callId);
    if (recording === undefined) return undefined;
    let value: JsonValue;
    try {
      value = JSON.parse(this.#seal.unseal(recording.sealed, recordingPlace(callId))) as JsonValue;
    } catch {
      this.unreadable += 1;
      return undefined;
    }
    if (!isJsonObject(value) || !isJsonObject(value.body ?? null)) return undefined;
    this.found += 1;
    const headers = Object.entries(isJsonObject(value.headers ?? null) ? (value.headers as object) : {});
    return {
      body: JSON.stringify(value.body),
      headers: Object.fromEntries(headers.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    };
  };
}
