/**
 * Every path on one page. What is not here does not exist; each route names who may call it. The rows of the management API are
 * in the `index.ts` of each folder of src/admin.
 */
import { MANAGEMENT_ROUTES } from '../admin/routes.ts';
import { openapi } from '../endpoints/about/openapi.ts';
import { docs, home } from '../endpoints/about/pages.ts';
import {
  activeCallbacks,
  cachePing,
  callbackList,
  configuredCallbacks,
  routeList,
} from '../endpoints/about/settings.ts';
import { chatCompletions } from '../endpoints/chat-completions/index.ts';
import { completions } from '../endpoints/completions/index.ts';
import { predictCache } from '../endpoints/cost/predict-cache.ts';
import { countTokens } from '../endpoints/count-tokens/index.ts';
import { embeddings } from '../endpoints/embeddings/index.ts';
import { feedback } from '../endpoints/feedback/index.ts';
import * as gemini from '../endpoints/gemini-generate/index.ts';
import { drain } from '../endpoints/health/drain.ts';
import { healthHistory } from '../endpoints/health/history.ts';
import { alive, health, latestHealth, liveness, readiness } from '../endpoints/health/index.ts';
import { sharedHealthStatus } from '../endpoints/health/shared-status.ts';
import { messages } from '../endpoints/messages/index.ts';
import { modelDeprecations } from '../endpoints/model-info/deprecations.ts';
import { modelGroupInfo } from '../endpoints/model-info/groups.ts';
import { modelInfo } from '../endpoints/model-info/index.ts';
import { pagedModelInfo } from '../endpoints/model-info/paged.ts';
import { listGoogleModels, listModels, showGoogleModel, showModel } from '../endpoints/models/index.ts';
import type { Answering } from '../endpoints/question.ts';
import * as conversations from '../endpoints/responses/conversations.ts';
import { compactResponse, inputTokens, responses } from '../endpoints/responses/index.ts';
import { cancelResponse, deleteResponse, listInputItems, showResponse } from '../endpoints/responses/stored.ts';
import { route } from '../endpoints/route/index.ts';
import { supportedParams } from '../endpoints/utils/supported-params.ts';
import { tokenCounter } from '../endpoints/utils/token-counter.ts';
import { transformRequest } from '../endpoints/utils/transform-request.ts';
import type { Endpoint } from '../exchange/endpoint.ts';

/** Who may call a route: anyone, anyone (but more is said to a valid key), anyone with a key, or only an admin. */
type Access = 'public' | 'optional' | 'key' | 'admin';

interface RouteFacts {
  /** Paths in the router's notation: `:model` is one segment, `*` the rest. Metrics and logs call the route by the first. */
  readonly paths: readonly [string, ...string[]];
  readonly access: Access;
  /** What it does, in a sentence for the pages about routes. */
  readonly summary: string;
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
  model(
    chatCompletions,
    [
      '/v1/chat/completions',
      '/chat/completions',
      '/openai/v1/chat/completions',
      '/openai/deployments/:model/chat/completions',
      '/engines/:model/chat/completions',
    ],
    "Answers the next turn of a conversation, in OpenAI's format.",
  ),
  model(
    completions,
    [
      '/v1/completions',
      '/completions',
      '/openai/v1/completions',
      '/openai/deployments/:model/completions',
      '/engines/:model/completions',
    ],
    "Continues a text, in OpenAI's older format.",
  ),
  model(
    embeddings,
    [
      '/v1/embeddings',
      '/embeddings',
      '/openai/v1/embeddings',
      '/openai/deployments/:model/embeddings',
      '/engines/:model/embeddings',
    ],
    "Makes vectors of texts, in OpenAI's format.",
  ),
  model(messages, ['/v1/messages', '/messages'], "Answers the next turn of a conversation, in Anthropic's format."),
  model(
    responses,
    [
      '/v1/responses',
      '/responses',
      '/openai/v1/responses',
      '/openai/responses',
      '/openai/deployments/:model/responses',
    ],
    "Answers the next turn of a conversation, in the format of OpenAI's Responses API.",
  ),
  model(compactResponse, responsePaths('/compact'), 'Shortens a conversation of the Responses API.'),
  model(
    inputTokens,
    ['/v1/responses/input_tokens', '/responses/input_tokens', '/openai/v1/responses/input_tokens'],
    'Counts the tokens of a request to the Responses API.',
  ),
  model(
    countTokens,
    ['/v1/messages/count_tokens', '/messages/count_tokens'],
    "Counts the tokens of a request in Anthropic's format.",
  ),
];

/** Google's routes: what `*` stands for is a model, a colon and the verb. */
export const VERB_ROUTES: readonly (ModelRoute & { readonly verb: string })[] = [
  verb('generateContent', gemini.generateContent, "Answers the next turn of a conversation, in Gemini's format."),
  verb('streamGenerateContent', gemini.streamGenerateContent, 'Does the same as a stream.'),
  verb('countTokens', gemini.countTokens, "Counts the tokens of a request in Gemini's format."),
  verb('embedContent', gemini.embedContent, "Makes a vector of a content, in Gemini's format."),
  verb('batchEmbedContents', gemini.batchEmbedContents, "Makes vectors of several contents, in Gemini's format."),
];

/** Requests for facts. `/metrics` is not here, as a reload may change its path. */
export const FACT_ROUTES: readonly FactRoute[] = [
  fact(listModels, 'key', ['/v1/models', '/models', '/openai/v1/models'], 'Lists the models that the key may use.'),
  fact(listGoogleModels, 'key', ['/v1beta/models'], "Lists them in Google's format."),
  fact(showGoogleModel, 'key', ['/v1beta/models/*'], "Shows one model in Google's format."),
  fact(showModel, 'key', ['/v1/models/*', '/models/*', '/openai/v1/models/*'], 'Shows one model.'),
  fact(showResponse, 'key', responsePaths('/:response'), 'Shows a stored response.'),
  fact(deleteResponse, 'key', responsePaths('/:response'), 'Deletes a stored response.', 'DELETE'),
  fact(cancelResponse, 'key', responsePaths('/:response/cancel'), 'Cancels a response that is being made.', 'POST'),
  fact(listInputItems, 'key', responsePaths('/:response/input_items'), 'Lists what a stored response answered.'),
  fact(conversations.createConversation, 'key', conversationPaths(''), 'Makes a conversation.', 'POST'),
  fact(conversations.showConversation, 'key', conversationPaths('/:conversation'), 'Shows a conversation.'),
  fact(
    conversations.updateConversation,
    'key',
    conversationPaths('/:conversation'),
    'Changes the metadata of a conversation.',
    'POST',
  ),
  fact(
    conversations.deleteConversation,
    'key',
    conversationPaths('/:conversation'),
    'Deletes a conversation.',
    'DELETE',
  ),
  fact(
    conversations.listConversationItems,
    'key',
    conversationPaths('/:conversation/items'),
    'Lists the items of a conversation.',
  ),
  fact(
    conversations.addConversationItems,
    'key',
    conversationPaths('/:conversation/items'),
    'Adds items to a conversation.',
    'POST',
  ),
  fact(
    conversations.showConversationItem,
    'key',
    conversationPaths('/:conversation/items/:item'),
    'Shows an item of a conversation.',
  ),
  fact(
    conversations.deleteConversationItem,
    'key',
    conversationPaths('/:conversation/items/:item'),
    'Deletes an item of a conversation.',
    'DELETE',
  ),
  fact(
    modelInfo,
    'key',
    ['/model/info', '/v1/model/info'],
    'Lists the deployments behind the models that the key may use, with prices and limits.',
  ),
  fact(
    modelGroupInfo,
    'key',
    ['/model_group/info', '/model/group/info'],
    'Lists the models that the key may use, with what their deployments can do together.',
  ),
  fact(
    health,
    'key',
    ['/health'],
    "Checks the deployments that the key may use; only an admin's key causes calls to providers.",
  ),
  fact(route, 'admin', ['/route/*'], 'Explains where one of the last requests went, by its call id.'),
  fact(liveness, 'public', ['/health/liveliness', '/health/liveness'], 'Says that the process is alive.'),
  fact(pagedModelInfo, 'key', ['/v2/model/info'], 'Lists the same deployments in pages, searched and sorted.'),
  fact(
    latestHealth,
    'key',
    ['/health/latest'],
    'Shows what was found last of the deployments that the key may use; calls no provider.',
  ),
  fact(tokenCounter, 'key', ['/utils/token_counter'], 'Counts the tokens of a prompt, about.', 'POST'),
  fact(
    feedback,
    'key',
    ['/feedback'],
    'Takes a score of an answer, by its call id, from the key that asked for it; a group that chooses models learns from it.',
    'POST',
  ),
  fact(
    predictCache,
    'key',
    ['/cost/predict-cache'],
    'Predicts what a request would cost at two deployments, by what the prompt caches of their providers hold; calls no provider.',
    'POST',
  ),
  fact(
    supportedParams,
    'key',
    ['/utils/supported_openai_params'],
    'Lists the parameters of a chat completion that a model takes.',
  ),
  fact(
    transformRequest,
    'admin',
    ['/utils/transform_request'],
    'Shows the call to a provider that a request would become; sends nothing.',
    'POST',
  ),
  fact(
    healthHistory,
    'key',
    ['/health/history'],
    'Lists the last checks that this instance made of the deployments that the key may use.',
  ),
  fact(
    sharedHealthStatus,
    'key',
    ['/health/shared-status'],
    'Says whether instances check deployments for one another, and how old the newest finding is.',
  ),
  fact(readiness, 'key', ['/health/readiness/details'], 'Says the same as `/health/readiness`, to valid keys only.'),
  fact(alive, 'key', ['/test'], 'Says that the process is alive, to valid keys.'),
  fact(
    modelDeprecations,
    'key',
    ['/model/deprecations', '/v1/model/deprecations'],
    'Lists models that the key may use and that their providers will switch off, by urgency.',
  ),
  fact(callbackList, 'admin', ['/callbacks/list'], 'Lists who learns of requests.'),
  fact(activeCallbacks, 'admin', ['/active/callbacks', '/settings'], 'Lists the same in LiteLLM’s older shape.'),
  fact(routeList, 'key', ['/routes'], 'Lists every route.'),
  fact(
    configuredCallbacks,
    'admin',
    ['/get/config/callbacks'],
    'Shows who learns of requests, and how they are routed.',
  ),
  fact(
    cachePing,
    'admin',
    ['/cache/ping'],
    'Says whether the cache of answers works, or without one the Redis that instances share.',
  ),
  fact(openapi, 'public', ['/openapi.json'], 'Describes every route as an OpenAPI document.'),
  fact(docs, 'public', ['/docs'], 'Describes every route on a page.'),
  fact(home, 'public', ['/', '/ui'], 'Says where things are.'),
  fact(
    drain,
    'optional',
    ['/health/drain'],
    'Makes this instance unready and waits for its requests, if `enable_drain_endpoint` is set and its token is sent.',
  ),
  fact(readiness, 'optional', ['/health/readiness'], 'Says whether this instance takes requests.'),
];

function model(endpoint: Endpoint, paths: RouteFacts['paths'], summary: string): ModelRoute {
  return { method: 'POST', access: 'key', endpoint, paths, summary };
}

function verb(name: string, endpoint: Endpoint, summary: string): ModelRoute & { readonly verb: string } {
  return { ...model(endpoint, ['/v1beta/models/*', '/v1/models/*'], summary), verb: name };
}

function fact(
  answering: Answering,
  access: Access,
  paths: RouteFacts['paths'],
  summary: string,
  method: FactRoute['method'] = 'GET',
): FactRoute {
  return { method, access, answering, paths, summary };
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
