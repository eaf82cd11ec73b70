/**
 * Every path on one page. What is not here does not exist; each route names who may call it. The rows of the management API are
 * in the `index.ts` of each folder of src/admin.
 */
import { MANAGEMENT_ROUTES } from '../admin/routes.ts';
import { chatCompletions } from '../endpoints/chat-completions/index.ts';
import { completions } from '../endpoints/completions/index.ts';
import { countTokens } from '../endpoints/count-tokens/index.ts';
import { embeddings } from '../endpoints/embeddings/index.ts';
import * as gemini from '../endpoints/gemini-generate/index.ts';
import { health, liveness, readiness } from '../endpoints/health/index.ts';
import { messages } from '../endpoints/messages/index.ts';
import { modelGroupInfo } from '../endpoints/model-info/groups.ts';
import { modelInfo } from '../endpoints/model-info/index.ts';
import { listGoogleModels, listModels, showGoogleModel, showModel } from '../endpoints/models/index.ts';
import type { Answering } from '../endpoints/question.ts';
import * as conversations from '../endpoints/responses/conversations.ts';
import { compactResponse, inputTokens, responses } from '../endpoints/responses/index.ts';
import { cancelResponse, deleteResponse, listInputItems, showResponse } from '../endpoints/responses/stored.ts';
import { route } from '../endpoints/route/index.ts';
import type { Endpoint } from '../exchange/endpoint.ts';

/** Who may call a route: anyone, anyone (but more is said to a valid key), anyone with a key, or only an admin. */
type Access = 'public' | 'optional' | 'key' | 'admin';

interface RouteFacts {
  /** Paths in the router's notation: `:model` is one segment, `*` the rest. Metrics and logs call the route by the first. */
  readonly paths: readonly [string, ...string[]];
  readonly access: Access;
}

/** A route to a model. */
export interface ModelRoute extends RouteFacts {
  readonly method: 'POST';
  /** The word behind the model's name that tells routes of one path apart. */
  readonly verb?: string;
  readonly access: 'key';
  readonly endpoint: Endpoint;
}

/** A route to facts about the gateway. */
export interface FactRoute extends RouteFacts {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly answering: Answering;
}

/** Requests that a model answers. Azure's paths name the model. */
export const MODEL_ROUTES: readonly ModelRoute[] = [
  model(chatCompletions, [
    '/v1/chat/completions',
    '/chat/completions',
    '/openai/v1/chat/completions',
    '/openai/deployments/:model/chat/completions',
    '/engines/:model/chat/completions',
  ]),
  model(completions, [
    '/v1/completions',
    '/completions',
    '/openai/v1/completions',
    '/openai/deployments/:model/completions',
    '/engines/:model/completions',
  ]),
  model(embeddings, [
    '/v1/embeddings',
    '/embeddings',
    '/openai/v1/embeddings',
    '/openai/deployments/:model/embeddings',
    '/engines/:model/embeddings',
  ]),
  model(messages, ['/v1/messages', '/messages']),
  model(responses, [
    '/v1/responses',
    '/responses',
    '/openai/v1/responses',
    '/openai/responses',
    '/openai/deployments/:model/responses',
  ]),
  model(compactResponse, responsePaths('/compact')),
  model(inputTokens, ['/v1/responses/input_tokens', '/responses/input_tokens', '/openai/v1/responses/input_tokens']),
  model(countTokens, ['/v1/messages/count_tokens', '/messages/count_tokens']),
];

/** Google's routes: what `*` stands for is a model, a colon and the verb. */
export const VERB_ROUTES: readonly (ModelRoute & { readonly verb: string })[] = [
  verb('generateContent', gemini.generateContent),
  verb('streamGenerateContent', gemini.streamGenerateContent),
  verb('countTokens', gemini.countTokens),
  verb('embedContent', gemini.embedContent),
  verb('batchEmbedContents', gemini.batchEmbedContents),
];

/** Requests for facts. `/metrics` is not here, as a reload may change its path. */
export const FACT_ROUTES: readonly FactRoute[] = [
  fact(listModels, 'key', ['/v1/models', '/models', '/openai/v1/models']),
  fact(listGoogleModels, 'key', ['/v1beta/models']),
  fact(showGoogleModel, 'key', ['/v1beta/models/*']),
  fact(showModel, 'key', ['/v1/models/*', '/models/*', '/openai/v1/models/*']),
  fact(showResponse, 'key', responsePaths('/:response')),
  fact(deleteResponse, 'key', responsePaths('/:response'), 'DELETE'),
  fact(cancelResponse, 'key', responsePaths('/:response/cancel'), 'POST'),
  fact(listInputItems, 'key', responsePaths('/:response/input_items')),
  fact(conversations.createConversation, 'key', conversationPaths(''), 'POST'),
  fact(conversations.showConversation, 'key', conversationPaths('/:conversation')),
  fact(conversations.updateConversation, 'key', conversationPaths('/:conversation'), 'POST'),
  fact(conversations.deleteConversation, 'key', conversationPaths('/:conversation'), 'DELETE'),
  fact(conversations.listConversationItems, 'key', conversationPaths('/:conversation/items')),
  fact(conversations.addConversationItems, 'key', conversationPaths('/:conversation/items'), 'POST'),
  fact(conversations.showConversationItem, 'key', conversationPaths('/:conversation/items/:item')),
  fact(conversations.deleteConversationItem, 'key', conversationPaths('/:conversation/items/:item'), 'DELETE'),
  fact(modelInfo, 'key', ['/model/info', '/v1/model/info']),
  fact(modelGroupInfo, 'key', ['/model_group/info']),
  fact(health, 'key', ['/health']),
  fact(route, 'admin', ['/route/*']),
  fact(liveness, 'public', ['/health/liveliness', '/health/liveness']),
  fact(readiness, 'optional', ['/health/readiness']),
];

function model(endpoint: Endpoint, paths: RouteFacts['paths']): ModelRoute {
  return { method: 'POST', access: 'key', endpoint, paths };
}

function verb(name: string, endpoint: Endpoint): ModelRoute & { readonly verb: string } {
  return { ...model(endpoint, ['/v1beta/models/*', '/v1/models/*']), verb: name };
}

function fact(
  answering: Answering,
  access: Access,
  paths: RouteFacts['paths'],
  method: FactRoute['method'] = 'GET',
): FactRoute {
  return { method, access, answering, paths };
}

function responsePaths(rest: string): RouteFacts['paths'] {
  return [`/v1/responses${rest}`, `/responses${rest}`, `/openai/v1/responses${rest}`, `/openai/responses${rest}`];
}

function conversationPaths(rest: string): RouteFacts['paths'] {
  return [`/v1/conversations${rest}`, `/conversations${rest}`, `/openai/v1/conversations${rest}`];
}

/** Every path with the method that it is served for. The patterns are made of our paths, never of what a client sent. */
const SERVED = [...MODEL_ROUTES, ...VERB_ROUTES, ...FACT_ROUTES, ...MANAGEMENT_ROUTES].flatMap(({ method, paths }) =>
  paths.map((path) => ({
    method,
    pattern: new RegExp(`^${path.replace(/:[a-z_A-Z]+/g, '[^/]+').replace(/\*$/, '.+')}/?$`),
  })),
);

/** The methods that a path is served for. */
export function methodsServing(path: string): readonly string[] {
  return [...new Set(SERVED.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}

export { MANAGEMENT_ROUTES };
