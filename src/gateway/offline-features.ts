/** The features that cache, in a process that serves no client and calls no provider: they say what they would do. */
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { World } from '../features/feature.ts';
import { CACHING_FEATURES } from '../features/index.ts';
import { RunningFeatures } from '../features/run-features.ts';
import { MemoryNotes } from '../stores/journal/note-folder.ts';
import { MemoryAnswers } from '../stores/memory/answers.ts';
import { MemoryVectors } from '../stores/memory/vectors.ts';
import type { Log } from '../telemetry/log.ts';
import { makeSeal } from './make-seal.ts';

/** What they are made with. */
interface Offline {
  readonly clock: Clock;
  readonly random: () => number;
  readonly env: NodeJS.ProcessEnv;
  /** Handles are those of the gateway that has the same one, and the same salt key. */
  readonly masterKey: string;
  readonly log: Log;
}

/** Starts them; wherever answers are kept, nothing is opened. */
export function offlineFeatures(
  config: GatewayConfig,
  { clock, random, env, masterKey, log }: Offline,
): RunningFeatures {
  const world: Omit<World, 'stateSlot' | 'notify'> = {
    ...{ clock, random, log },
    request: async () => ({ fault: 'offline' }),
    directory: nothing('directory'),
    ledger: nothing('ledger'),
    responses: nothing('store of responses'),
    conversations: nothing('store of conversations'),
    recordings: nothing('store of recordings'),
    mayBeShared: false,
    seal: makeSeal(env, masterKey),
    openAnswers: () => new MemoryAnswers(clock, 0),
    openNotes: () => new MemoryNotes(),
    openVectors: () => new MemoryVectors(clock, 0, 0),
    post: async () => ({ fault: 'offline' }),
    embed: async () => undefined,
    countTokens: async () => 0,
    onFault: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
  return new RunningFeatures(CACHING_FEATURES, withoutMeaning(config), world);
}

/** What a question means has to be asked; where an answer is kept does not hang on it. */
function withoutMeaning(config: GatewayConfig): GatewayConfig {
  if (config.cache === undefined) return config;
  const { semantic: _, ...cache } = config.cache;
  return { ...config, cache };
}

/** A store that is not there: who asks it learns so at once. */
function nothing<Store extends object>(what: string): Store {
  const refuse = (): never => {
    throw new RangeError(`there is no ${what} offline`);
  };
  return new Proxy({} as Store, { get: refuse });
}
