/** Tries requests out, one after the other, as if each had been sent and answered. Calls no provider. */
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { costOf } from '../../costs/price-of.ts';
import { TokenCounter } from '../../costs/token-counter.ts';
import { ENDPOINT_NAMES, endpointNamed, endpointOf } from '../../endpoints/which-endpoint.ts';
import type { AnswerForecast, PromptForecast, PromptScenario } from '../../exchange/cache-forecasts.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { WrittenCall } from '../../exchange/slots.ts';
import type { RunningFeatures } from '../../features/run-features.ts';
import { offlineFeatures } from '../../gateway/offline-features.ts';
import { writtenOffline } from '../../pipeline/diagnosis/foretell-caches.ts';
import { planOnly } from '../../pipeline/diagnosis/plan-only.ts';
import { HeavyWork } from '../../pipeline/heavy/heavy-work.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { createLogger } from '../../telemetry/log.ts';
import { type Declared, readDeclared } from '../../tenancy/declared.ts';
import { identityOf } from './identity-of-row.ts';
import { KeptAnswers } from './kept-answers.ts';
import { type Row, RowError, readRow } from './read-row.ts';
import { answerTold, costTold, promptTold, requestTold } from './told.ts';

const MS = 1_000;
/** How long after the line before it a line is asked that does not say. */
const STEP_MS = 1_000;

/** The time that lines say it is. */
class RowClock implements Clock {
  readonly #startMs = systemClock.nowMs();
  passedMs = 0;

  nowMs(): number {
    return this.#startMs + this.passedMs;
  }

  monotonicMs(): number {
    return this.passedMs;
  }
}

/** One run over lines: what earlier lines left in the caches counts for later ones. */
export class Trial {
  readonly #snapshot: Snapshot;
  readonly #declared: Declared;
  readonly #masterKey: string;
  readonly #clock: RowClock;
  readonly #features: RunningFeatures;
  readonly #tokens = new TokenCounter();
  readonly #heavy = new HeavyWork();
  readonly #kept = new KeptAnswers<number>();
  #isFirst = true;

  /** `makeSnapshot`: the configuration as a gateway has it that just started. */
  constructor(config: GatewayConfig, { masterKey, env, makeSnapshot }: TrialWorld) {
    this.#clock = new RowClock();
    this.#snapshot = makeSnapshot(config, this.#clock);
    this.#declared = readDeclared(config);
    this.#masterKey = masterKey;
    // What is worth a line in the log of a gateway is part of the answer here.
    const log = createLogger({ ...config.telemetry, logLevel: 'fatal' }, { stdout: process.stderr });
    this.#features = offlineFeatures(config, { clock: this.#clock, random: () => 0.5, env, masterKey, log });
  }

  /** What would happen to the request of a line. Throws what is wrong with it. */
  async try(text: string, line: number): Promise<JsonObject> {
    const row = readRow(text);
    this.#turnTo(row);
    const exchange = await this.#plan(row);
    const [deployment] = exchange.plan?.deployments ?? [];
    if (deployment === undefined)
      throw new RowError(`no deployment of ${exchange.model ?? ''} could take this request`);
    const { answer, prompt } = this.#features.forecasts;
    const cached: AnswerForecast = answer?.(exchange) ?? { isCached: false, why: 'off' };
    const call = writtenOffline(exchange, deployment);
    const foretold = call === undefined ? undefined : prompt?.(exchange, call, true);
    const lines = this.#kept.take(cached, line, this.#clock.nowMs());
    const isHit = lines.length > 0 && lines.every((found) => found !== undefined);
    if (!isHit && call !== undefined && foretold !== undefined) this.#send(exchange, call, foretold);
    const { estimate, uncached } = foretold ?? (await this.#plainly(exchange, deployment));
    return {
      ...requestTold(exchange),
      answer_cache: answerTold(cached, hitOf(lines)),
      prompt_cache: promptTold(deployment, foretold, exchange.volatileHead),
      prompt_cost: costTold(estimate, uncached, isHit),
    };
  }

  /** Ends what runs beside. */
  async close(): Promise<void> {
    await Promise.all([this.#tokens.close(), this.#heavy.close(), this.#features.close(0)]);
  }

  #turnTo({ at }: Row): void {
    const { passedMs } = this.#clock;
    const nextMs = at === undefined ? passedMs + (this.#isFirst ? 0 : STEP_MS) : at * MS;
    if (nextMs < passedMs) throw new RowError('`at` must not be earlier than the line before');
    this.#clock.passedMs = nextMs;
    this.#isFirst = false;
  }

  #plan(row: Row): Promise<Exchange> {
    return planOnly({
      endpoint: this.#endpointOf(row),
      body: Buffer.from(JSON.stringify(row.body)),
      headers: row.headers,
      snapshot: this.#snapshot,
      identity: identityOf(row, this.#declared, this.#masterKey),
      clock: this.#clock,
      parts: { heavy: this.#heavy, countTokens: (words, owner) => this.#tokens.count(words, owner) },
    });
  }

  #endpointOf({ endpoint: name, body }: Row): Endpoint {
    const { model } = body;
    const group = typeof model === 'string' ? this.#snapshot.groups.resolve(model) : undefined;
    const embeds = group?.deployments.some(embedsTexts) === true;
    const endpoint = name === undefined ? endpointOf(body, embeds) : endpointNamed(name);
    if (endpoint !== undefined) return endpoint;
    throw new RowError(
      name === undefined
        ? 'a body needs `messages`, `input` or `prompt`'
        : `\`endpoint\` must be one of ${ENDPOINT_NAMES.join(', ')}`,
    );
  }

  /** Teaches the prompt cache what a provider would have answered: that it kept what was to be kept. */
  #send(exchange: Exchange, call: WrittenCall, { estimate }: PromptForecast): void {
    const { deployment } = call;
    const slots = this.#features.slotsFor(exchange.endpoint.format);
    slots.rewrite?.(exchange, call);
    const { isEstimated: _, ...usage } = estimate.usage;
    exchange.attempts.push({
      ...{ deploymentId: deployment.id, provider: deployment.provider.name, model: deployment.model, apiBase: '' },
      ...{ startedMs: this.#clock.monotonicMs(), durationMs: 0, usage },
    });
    slots.settled?.(exchange);
  }

  /** What a request without a prompt to cache costs. */
  async #plainly(exchange: Exchange, { priced }: Deployment) {
    const inputTokens = await this.#tokens.count(exchange.outline.promptText());
    const usage = { inputTokens, outputTokens: 0 };
    const cost = costOf(usage, priced.ratesAt(exchange.startedAtMs))?.total;
    const scenario: PromptScenario = { usage, cost, listed: cost };
    return { estimate: scenario, uncached: scenario };
  }
}

/** What a trial works with. */
interface TrialWorld {
  readonly masterKey: string;
  readonly env: NodeJS.ProcessEnv;
  readonly makeSnapshot: (config: GatewayConfig, clock: Clock) => Snapshot;
}

const embedsTexts = ({ config, model }: Deployment): boolean =>
  config.modelInfo.mode === 'embedding' || (config.modelInfo.mode === undefined && /embed/i.test(model));

function hitOf(lines: readonly (number | undefined)[]): JsonObject {
  const found = lines.filter((line) => line !== undefined);
  if (lines.length <= 1) return found[0] === undefined ? { hit: false } : { hit: true, of_line: found[0] };
  return { hit: found.length === lines.length, cached_inputs: found.length };
}
