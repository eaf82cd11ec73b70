/** What a request may not ask of the store, in words. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { type KeepingAsked, readKeeping, refersToItem } from '../../formats/openai-responses/kept-request.ts';
import type { StoredResponsesConfig } from './settings.ts';

const MEBIBYTE = 1_048_576;

/** A request that is wrong in one member. */
export function refusal(param: string, words: string): GatewayError {
  return new GatewayError('invalid_request', words, { param });
}

/** Refuses what names an object that is kept somewhere else: whose it is cannot be known here. */
export function refuseForeign({ prompt }: KeepingAsked): void {
  if (prompt === undefined) return;
  const words = 'Prompts that are kept at a provider cannot be used. Send `instructions` and `input` themselves.';
  throw refusal('prompt', `\`prompt\`: ${words}`);
}

/** Refuses all that needs the store, because it is off. */
export function refuseAll({ body, envelope }: Exchange): undefined {
  const asked = readKeeping(body, envelope);
  refuseForeign(asked);
  const needs: readonly (readonly [param: string, isAsked: boolean, instead: string])[] = [
    ['previous_response_id', asked.previousResponseId !== undefined, 'Send the earlier items in `input`'],
    ['conversation', asked.conversation !== undefined, 'Send the earlier items in `input`'],
    ['background', asked.background === true, 'Ask without it'],
    ['input', refersToItem(body, envelope), 'Send the items themselves, not references to them'],
  ];
  const first = needs.find(([, isAsked]) => isAsked);
  if (first === undefined) return undefined;
  const [param, , instead] = first;
  throw refusal(
    param,
    `\`${param}\` needs stored responses, and this gateway stores none: \`general_settings.responses_store\` is off. ${instead}.`,
  );
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
