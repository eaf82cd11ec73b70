import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import { rehearse } from '../../pipeline/diagnosis/rehearse.ts';
import { chatCompletions } from '../chat-completions/index.ts';
import { completions } from '../completions/index.ts';
import { embeddings } from '../embeddings/index.ts';
import { messages } from '../messages/index.ts';
import type { Answering } from '../question.ts';
import { responses } from '../responses/index.ts';

/** LiteLLM's words for what is called, each also with an `a` before it. */
const CALLS: ReadonlyMap<string, Endpoint> = new Map([
  ['completion', chatCompletions],
  ['text_completion', completions],
  ['embedding', embeddings],
  ['responses', responses],
  ['anthropic_messages', messages],
]);

/**
 * `POST /utils/transform_request`: the call that a request would become at its first deployment, with every secret struck out. Only for
 * admins, because it shows the provider's address. Nothing is sent.
 */
export const transformRequest: Answering = async (question) => {
  const { call_type: type, request_body: request } = await question.readBody();
  const endpoint = typeof type === 'string' ? (CALLS.get(type) ?? CALLS.get(type.replace(/^a/, ''))) : undefined;
  if (endpoint === undefined)
    throw new GatewayError('invalid_field', `\`call_type\` must be one of ${[...CALLS.keys()].join(', ')}.`, {
      param: 'call_type',
    });
  if (!isJsonObject(request))
    throw new GatewayError('invalid_field', '`request_body` must be an object: the request as a client sends it.', {
      param: 'request_body',
    });
  const { deployment, choice, prepared, stream } = await rehearse(endpoint, request, question);
  const call = deployment.call(choice.operationName, choice.operation, stream);
  const strike = (text: string): string => deployment.secrets.redact(text);
  return {
    status: 200,
    body: {
      raw_request_api_base: strike(`${call.origin}${call.path}`),
      raw_request_body: struck(JSON.parse(prepared.body.toString('utf8')) as JsonValue, strike),
      raw_request_headers: headersOf([...call.headers, ...prepared.headers]),
      error: null,
    },
  };
};

/** The value with every text in it struck. */
function struck(value: JsonValue | undefined, strike: (text: string) => string): JsonValue {
  if (typeof value === 'string') return strike(value);
  if (Array.isArray(value)) return value.map((item) => struck(item, strike));
  if (!isJsonObject(value)) return value ?? null;
  const members: JsonObject = {};
  for (const [name, member] of Object.entries(value)) setMember(members, name, struck(member, strike));
  return members;
}

/** Headers that say nothing of who asks; the value of any other may be a credential, also one that the operator invented. */
const OPEN = /^(?:content-type|accept(?:-encoding)?|user-agent|anthropic-(?:version|beta)|openai-beta)$/;

function headersOf(pairs: readonly string[]): JsonObject {
  const headers: JsonObject = {};
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    setMember(headers, name, OPEN.test(name) ? (pairs[at + 1] ?? '') : '*****');
  }
  return headers;
}
