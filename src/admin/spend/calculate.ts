/** `/spend/calculate` and `/cost/estimate`: what an answer would cost, without asking for one. */

import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import { type PicoUsd, usdNumber } from '../../core/money.ts';
import type { Sent } from '../changes.ts';
import type { EstimatedCost, EstimatedUsage, ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { EVERYONE } from '../roles.ts';
import { post } from '../route.ts';

/** `/spend/calculate` and `/cost/estimate`. */
export const CALCULATE_ROUTES: readonly ManagementRoute[] = [
  post('/spend/calculate', EVERYONE, calculate, 'Calculates what an answer costs, or a prompt alone.'),
  post('/cost/estimate', EVERYONE, estimate, 'Calculates what one request costs, and so many a day or a month.'),
];

/** Tokens that a chat format adds to each message. */
const TOKENS_PER_MESSAGE = 4;

/** The cost of an answer by its usage, or of a prompt alone. */
async function calculate({ context, body, caller }: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(body);
  const answer = fields.raw('completion_response', { type: ['object', 'null'] });
  const messages = fields.raw('messages', { type: ['array', 'null'], items: { type: 'object' } });
  const named = fields.raw('model', { type: ['string', 'null'] });
  if (isJsonObject(answer)) {
    const model = new Fields({ model: named ?? answer.model }).requiredText('model');
    const usage = new Fields(answer.usage, 'completion_response.usage');
    const [input, output] = ['prompt_tokens', 'completion_tokens'];
    const inputTokens = required(usage, input, usage.count(input) ?? usage.count('input_tokens'));
    const outputTokens = usage.count(output) ?? usage.count('output_tokens') ?? 0;
    return { cost: usdNumber(priced(context, model, { inputTokens, outputTokens, ...partsOf(usage) }).total) };
  }
  if (!Array.isArray(messages)) throw wrongField('messages', 'or `completion_response` is required');
  const model = fields.text('model');
  if (!model) throw wrongField('model', 'or `completion_response` with its model is required');
  const words = messages.map((message) => (isJsonObject(message) ? textsIn(message.content) : '')).join('\n');
  const inputTokens = (await context.countTokens(words, caller.keyHash)) + messages.length * TOKENS_PER_MESSAGE;
  return { cost: usdNumber(priced(context, model, { inputTokens, outputTokens: 0 }).total) };
}

/** The cost of one request, and of so many a day or a month. */
async function estimate(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const model = fields.requiredText('model');
  const inputTokens = required(fields, 'input_tokens', fields.count('input_tokens'));
  const outputTokens = required(fields, 'output_tokens', fields.count('output_tokens'));
  const perDay = fields.count('num_requests_per_day') ?? undefined;
  const perMonth = fields.count('num_requests_per_month') ?? undefined;
  const prompt = {
    inputTokens,
    cachedInputTokens: partOf(fields, 'cache_read_input_tokens', inputTokens),
    cacheWriteTokens: partOf(fields, 'cache_creation_input_tokens', inputTokens),
  };
  const reasoningTokens = partOf(fields, 'reasoning_tokens', outputTokens);
  fields.finish(call);
  if (prompt.cachedInputTokens + prompt.cacheWriteTokens > inputTokens) {
    throw fields.wrong('cache_creation_input_tokens', 'and `cache_read_input_tokens` are more than `input_tokens`');
  }
  const cost = priced(context, model, { ...prompt, outputTokens, reasoningTokens });
  const whole = cost.total;
  const input = priced(context, model, { ...prompt, outputTokens: 0 }).total;
  // What the answer adds, so that both sum up to the whole even if a request has a price of its own.
  const output = whole - input;
  const times = (cost: PicoUsd, count: number | undefined): number | null =>
    count === undefined ? null : usdNumber(cost * BigInt(count));
  return {
    model,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_read_input_tokens: prompt.cachedInputTokens,
    cache_creation_input_tokens: prompt.cacheWriteTokens,
    reasoning_tokens: reasoningTokens,
    num_requests_per_day: perDay ?? null,
    num_requests_per_month: perMonth ?? null,
    cost_per_request: usdNumber(whole),
    input_cost_per_request: usdNumber(input),
    output_cost_per_request: usdNumber(output),
    cache_read_cost_per_request: usdNumber(cost.cachedInput),
    cache_creation_cost_per_request: usdNumber(cost.cacheWrite),
    reasoning_cost_per_request: usdNumber(cost.reasoning),
    margin_cost_per_request: 0,
    daily_cost: times(whole, perDay),
    daily_input_cost: times(input, perDay),
    daily_output_cost: times(output, perDay),
    daily_margin_cost: perDay === undefined ? null : 0,
    monthly_cost: times(whole, perMonth),
    monthly_input_cost: times(input, perMonth),
    monthly_output_cost: times(output, perMonth),
    monthly_margin_cost: perMonth === undefined ? null : 0,
    input_cost_per_token: inputTokens === 0 ? null : usdNumber(input) / inputTokens,
    output_cost_per_token: outputTokens === 0 ? null : usdNumber(output) / outputTokens,
    provider: null,
  };
}

function priced(context: ManagementContext, model: string, usage: EstimatedUsage): EstimatedCost {
  const cost = context.priceOf(model, usage);
  if (cost === undefined) throw wrongField('model', 'names a model without a known price');
  return cost;
}

/** The tokens of an answer that have prices of their own, in the names of OpenAI and LiteLLM. */
function partsOf(usage: Fields): Omit<EstimatedUsage, 'inputTokens' | 'outputTokens'> {
  const inner = (name: string, part: string): Sent<number> => {
    const details = usage.object(name);
    return details && new Fields(details, `completion_response.usage.${name}`).count(part);
  };
  return defined({
    cachedInputTokens:
      inner('prompt_tokens_details', 'cached_tokens') ?? usage.count('cache_read_input_tokens') ?? undefined,
    cacheWriteTokens: usage.count('cache_creation_input_tokens') ?? undefined,
    reasoningTokens: inner('completion_tokens_details', 'reasoning_tokens') ?? undefined,
  });
}

/** Tokens that are counted within others. */
function partOf(fields: Fields, name: string, most: number): number {
  const tokens = fields.count(name) ?? 0;
  if (tokens > most) throw fields.wrong(name, 'is more than the tokens that it is counted within');
  return tokens;
}

function required<Value>(fields: Fields, name: string, value: Sent<Value>): Value {
  if (value === undefined || value === null) throw fields.wrong(name, 'is required');
  return value;
}

function textsIn(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => stringOf(part.text) ?? '')
    .join('\n');
}
