/** What a request may not ask of the store, in words. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { type KeepingAsked, readKeeping, refersToItem } from '../../formats/openai-responses/kept-request.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { StoredResponsesConfig } from './settings.ts';

const MEBIBYTE = 1_048_576;

/** A request that is wrong in one member. */
export function refusal(param: string, words: string): GatewayError {
  return new GatewayError('invalid_request', words, { param });
}

/** Refuses what names an object that is kept somewhere else, unless the operator lets it pass: whose it is cannot be known here. */
export function refuseForeign({ prompt }: KeepingAsked, { letsProviderIdsPass }: StoredResponsesConfig): void {
  if (prompt === undefined || letsProviderIdsPass) return;
  const words =
    'Prompts that are kept at a provider cannot be used: `general_settings.responses_provider_ids` is off. Send `instructions` and `input` themselves.';
  throw refusal('prompt', `\`prompt\`: ${words}`);
}

/** Refuses all that needs the store, because it is off. Gives the members that name something which the provider keeps. */
export function refuseAll({ body, envelope }: Exchange, config: StoredResponsesConfig): readonly string[] {
  const asked = readKeeping(body, envelope);
  refuseForeign(asked, config);
  const { letsProviderIdsPass } = config;
  const needs: readonly (readonly [param: string, isAsked: boolean, instead: string])[] = [
    ['previous_response_id', !letsProviderIdsPass && asked.previousResponseId !== undefined, EARLIER_ITEMS],
    ['conversation', !letsProviderIdsPass && asked.conversation !== undefined, EARLIER_ITEMS],
    ['background', asked.background === true, 'Ask without it'],
    ['input', refersToItem(body, envelope), 'Send the items themselves, not references to them'],
  ];
  const first = needs.find(([, isAsked]) => isAsked);
  if (first === undefined) return providerIds(asked);
  const [param, , instead] = first;
  throw refusal(
    param,
    `\`${param}\` needs stored responses, and this gateway stores none: \`general_settings.responses_store\` is off. ${instead}.`,
  );
}

const EARLIER_ITEMS = 'Send the earlier items in `input`';

/** The members of a request that may name something which the provider keeps. */
export function providerIds({ previousResponseId, conversation, prompt }: KeepingAsked): readonly string[] {
  return [
    ...(previousResponseId === undefined ? [] : ['previous_response_id']),
    ...(conversation === undefined ? [] : ['conversation']),
    ...(prompt === undefined ? [] : ['prompt']),
  ];
}

/** Refuses a deployment that cannot have what a request names. */
export function refuseWithoutIds([first]: readonly string[], { provider, model }: Deployment): void {
  if (first === undefined) return;
  const words = `BadRequestError: ${provider.name} cannot take '${first}' for model=${model}: what it names is kept by the Responses API of OpenAI or Azure. Send the items themselves, or ask a model of the account that keeps it.`;
  throw new GatewayError('unsupported_content', words, { param: first });
}

/** Refuses a deployment that cannot read the compaction which a conversation begins with. */
export function refuseForeignCompaction({ provider, model }: Deployment): void {
  const words = `BadRequestError: ${provider.name} cannot take 'input' for model=${model}: the conversation begins with a compaction that another account of OpenAI encrypted, and only that account can read it. Send the conversation itself, or ask the model that compacted it.`;
  throw new GatewayError('unsupported_content', words, { param: 'input' });
}

/** Refuses a response in the background that could not be found again. */
export function refuseBackground(exchange: Exchange, isKept: boolean, { mostMegabytes }: StoredResponsesConfig): void {
  if (!isKept)
    throw refusal(
      'background',
      '`background` needs `store`: the response is found by its id. Leave out `store: false`.',
    );
  if (exchange.body.length <= mostMegabytes * MEBIBYTE) return;
  throw refusal(
    'background',
    `The request is larger than ${mostMegabytes} MiB (general_settings.responses_store_max_mb). Ask without \`background\`.`,
  );
}

/** A member that is true, false or absent. */
export function flagOf(value: JsonValue | undefined, param: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal(param, `\`${param}\` must be true or false.`);
}
