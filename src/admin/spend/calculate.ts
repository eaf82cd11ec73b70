/** `/spend/calculate` and `/cost/estimate`: what an answer would cost, without asking for one. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type PicoUsd, usdNumber } from '../../core/money.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { EVERYONE } from '../roles.ts';
import { route } from '../route.ts';

/** `/spend/calculate` and `/cost/estimate`. */
export const CALCULATE_ROUTES: readonly ManagementRoute[] = [
  route('POST', '/spend/calculate', EVERYONE, calculate, 'What an answer would cost, or a prompt alone.'),
  route('POST', '/cost/estimate', EVERYONE, estimate, 'What one request costs, and that many a day or a month.'),
];

/** Tokens that a chat format adds to each message. */
const TOKENS_PER_MESSAGE = 4;

/** The cost of an answer as its usage tells it, or of a prompt alone. */
async function calculate({ context, body }: ManagementCall): Promise<JsonValue> {
  const { completion_response: answer, messages } = body;
  if (isJsonObject(answer)) {
    const model = modelIn(body.model ?? answer.model);
    const usage = isJsonObject(answer.usage) ? answer.usage : undefined;
    if (usage === undefined) throw wrongField('completion_response.usage', 'is required');
    const cost = priced(context, model, {
      inputTokens: tokensIn(usage.prompt_tokens ?? usage.input_tokens, 'completion_response.usage.prompt_tokens'),
      outputTokens: tokensIn(
        usage.completion_tokens ?? usage.output_tokens ?? 0,
        'completion_response.usage.completion_tokens',
      ),
    });
    return { cost: usdNumber(cost) };
  }
  const model = modelIn(body.model);
  if (!Array.isArray(messages)) throw wrongField('messages', 'or `completion_response` is required');
  const words = messages.map((message) => (isJsonObject(message) ? textsIn(message.content) : '')).join('\n');
  const inputTokens = (await context.countTokens(words)) + messages.length * TOKENS_PER_MESSAGE;
  return { cost: usdNumber(priced(context, model, { inputTokens, outputTokens: 0 })) };
}

/** What one request costs, and that many a day or a month. */
async function estimate({ context, body }: ManagementCall): Promise<JsonValue> {
  const model = modelIn(body.model);
  const inputTokens = tokensIn(body.input_tokens, 'input_tokens');
  const outputTokens = tokensIn(body.output_tokens, 'output_tokens');
  const perDay = optionalCount(body.num_requests_per_day, 'num_requests_per_day');
  const perMonth = optionalCount(body.num_requests_per_month, 'num_requests_per_month');
  const whole = priced(context, model, { inputTokens, outputTokens });
  const input = priced(context, model, { inputTokens, outputTokens: 0 });
  // What the answer adds, so that the two make the whole also where a request costs something by itself.
  const output = whole - input;
  const times = (cost: PicoUsd, count: number | undefined): number | null =>
    count === undefined ? null : usdNumber(cost * BigInt(count));
  return {
    model,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    num_requests_per_day: perDay ?? null,
    num_requests_per_month: perMonth ?? null,
    cost_per_request: usdNumber(whole),
    input_cost_per_request: usdNumber(input),
    output_cost_per_request: usdNumber(output),
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

function priced(
  context: ManagementContext,
  model: string,
  usage: Parameters<ManagementContext['priceOf']>[1],
): PicoUsd {
  const cost = context.priceOf(model, usage);
  if (cost === undefined) throw wrongField('model', 'has no price here');
  return cost;
}

function modelIn(value: JsonValue | undefined): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrongField('model', 'must be the name of a model');
}

function tokensIn(value: JsonValue | undefined, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrongField(name, 'must be a whole number of tokens');
}

function optionalCount(value: JsonValue | undefined, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrongField(name, 'must be a whole number');
}

function textsIn(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter((part): part is JsonObject => isJsonObject(part))
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}
