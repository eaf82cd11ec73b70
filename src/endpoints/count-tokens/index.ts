import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { textIn } from '../../core/text-in.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import { readCountTokensRequest, writeCountTokensResponse } from '../../formats/anthropic-messages/index.ts';
import { refuseBadRequest } from '../../lanes/client-body.ts';

/** How many tokens a request in Anthropic's format has: asked of the provider where it can tell, counted here otherwise. */
export const countTokens: Endpoint = {
  name: '/v1/messages/count_tokens',
  operation: 'count-tokens',
  format: 'anthropic-messages',
  errors: 'anthropic',
  isFree: true,
  async answerHere(body, count) {
    const request = JSON.parse(body.toString('utf8')) as JsonValue;
    if (!isJsonObject(request))
      throw new GatewayError('invalid_json', 'Invalid JSON payload: the body must be a JSON object.');
    refuseBadRequest(() => readCountTokensRequest(request));
    const text = [request.system, request.messages, request.tools].map((value) => textIn(value)).join('\n');
    return Buffer.from(JSON.stringify(writeCountTokensResponse(await count(text))));
  },
};
