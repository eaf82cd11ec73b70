import type { GatewayConfig } from '../config/gateway-config.ts';
import { ownValue } from '../core/own-value.ts';
import type { CacheForecasts } from '../exchange/cache-forecasts.ts';
import type { CachedAnswers } from '../exchange/cached-answers.ts';
import type { CompressedOriginals } from '../exchange/compression.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Notice } from '../exchange/notice.ts';
import type { QualityFeedback } from '../exchange/quality-feedback.ts';
import { type LimitListener, NO_SLOTS, type Slots, type StateSlot } from '../exchange/slots.ts';
import type { StoredResponses } from '../exchange/stored-responses.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { Invalidation } from '../stores/contracts/invalidation-bus.ts';
import type { MetricsRecorder } from '../telemetry/recorder.ts';
import type { Feature, RunningFeature, World } from './feature.ts';
import { fillSlots } from './fill-slots.ts';

/** The features of a gateway: started once, asked for their hooks under each configuration, closed at the end. */
export class RunningFeatures {
  readonly #running: readonly { readonly feature: Feature; readonly running: RunningFeature }[];
  #slots: Slots<Exchange> = NO_SLOTS;
  /** The slots as requests of a format meet them, if a feature acts on that format only. */
  #slotsByFormat: ReadonlyMap<FormatId, Slots<Exchange>> = new Map();

  constructor(features: readonly Feature[], config: GatewayConfig, world: Omit<World, 'stateSlot' | 'notify'>) {
    let states = 0;
    const stateSlot = <State>(make: () => State): StateSlot<State> => ({ index: states++, make });
    const notify = (notice: Notice): void => {
      for (const { running } of this.#running) running.notify?.(notice);
    };
    this.#running = features.map((feature) => ({ feature, running: feature.start({ ...world, stateSlot, notify }) }));
    this.configure(config);
  }

  /** The slots as they are filled now for requests of a format. */
  slotsFor(format: FormatId): Slots<Exchange> {
    return this.#slotsByFormat.get(format) ?? this.#slots;
  }

  /** What is stored for clients, if a feature stores it. */
  get storedResponses(): StoredResponses | undefined {
    return this.#running.find(({ running }) => running.storedResponses !== undefined)?.running.storedResponses;
  }

  /** The answers that are cached, if a feature caches them. */
  get cachedAnswers(): CachedAnswers | undefined {
    return this.#running.find(({ running }) => running.cachedAnswers !== undefined)?.running.cachedAnswers;
  }

  /** The originals of prompts, if a feature shortens them. */
  get compressedOriginals(): CompressedOriginals | undefined {
    return this.#running.find(({ running }) => running.compressedOriginals !== undefined)?.running.compressedOriginals;
  }

  /** What caches would do with requests, from all features that can say. */
  get forecasts(): CacheForecasts {
    return Object.assign({}, ...this.#running.map(({ running }) => running.forecasts ?? {}));
  }

  /** Who takes what callers say of answers; undefined if no feature does. */
  get feedback(): QualityFeedback | undefined {
    return this.#running.find(({ running }) => running.feedback !== undefined)?.running.feedback;
  }

  /** Tells the features which objects of the directory were changed. */
  changed(changed: Invalidation): void {
    for (const { running } of this.#running) running.changed?.(changed);
  }

  /** Hears what limits said, for all features that want to; undefined if none does. */
  get limitListener(): LimitListener | undefined {
    const listeners = this.#running.flatMap(({ running }) => running.limitListener ?? []);
    return listeners.length > 1 ? joined(listeners) : listeners[0];
  }

  /** Takes over a configuration. */
  configure(config: GatewayConfig): void {
    const hooks = this.#running.flatMap(
      ({ feature, running }) => running.hooks(ownValue(config.features, feature.name), config) ?? [],
    );
    this.#slots = fillSlots(hooks.filter(({ formats }) => formats === undefined));
    const named = new Set(hooks.flatMap(({ formats = [] }) => formats));
    this.#slotsByFormat = new Map(
      [...named].map((format) => [
        format,
        fillSlots(hooks.filter(({ formats }) => formats?.includes(format) !== false)),
      ]),
    );
  }

  /** Lets the metrics read what features count. */
  readBy(metrics: MetricsRecorder): void {
    for (const { feature, running } of this.#running) {
      for (const row of feature.metrics ?? []) {
        const read = ownValue(running.readings, row.name);
        if (read !== undefined) metrics.readFurther(row, read);
      }
      if (running.budgetReadings !== undefined) metrics.readBudgets(running.budgetReadings);
    }
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all(this.#running.map(({ running }) => running.close?.(timeoutMs)));
  }
}

function joined(all: readonly LimitListener[]): LimitListener {
  return {
    admitted: (claim, asker, nowMs) => {
      for (const each of all) each.admitted(claim, asker, nowMs);
    },
    refused: (refusal, accounts, asker, nowMs) => {
      for (const each of all) each.refused(refusal, accounts, asker, nowMs);
    },
    settled: (claim, cost) => {
      for (const each of all) each.settled(claim, cost);
    },
    looked: (scope, period, spent) => {
      for (const each of all) each.looked(scope, period, spent);
    },
  };
}
