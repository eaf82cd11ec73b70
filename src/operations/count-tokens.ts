import { defined } from '../core/defined.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { refuseBadRequest } from '../lanes/client-body.ts';
import { countingOf, countTranslation } from '../lanes/translate/translate-count.ts';
import type { Operation } from './operation.ts';

/** How many tokens a prompt has: asked of a provider that can tell, counted here otherwise. */
export const countTokens: Operation = {
  id: 'count-tokens',
  isFree: true,
  hasOutput: false,
  mayHedge: false,
  mayContinue: false,
  callType: () => 'count-tokens',
  translation: countTranslation,
  ownCount: {
    check({ endpoint, body, model }) {
      const request = JSON.parse(body.toString('utf8')) as JsonValue;
      if (!isJsonObject(request))
        throw new GatewayError('invalid_json', 'Invalid JSON payload: the body must be a JSON object.');
      refuseBadRequest(() => countingOf(endpoint.format).readRequest({ ...request, ...defined({ model }) }));
    },
    write: (tokens, format) => Buffer.from(JSON.stringify(countingOf(format).writeAnswer(tokens))),
  },
};
