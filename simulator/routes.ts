import { anthropicCount, anthropicMessages } from './formats/anthropic-messages/operation.ts';
import { geminiCount, geminiEmbed, geminiGenerate, geminiStream } from './formats/gemini-generate/operation.ts';
import { geminiModels, openaiModels } from './formats/models/operation.ts';
import { openaiChat } from './formats/openai-chat/operation.ts';
import { openaiCompletions } from './formats/openai-completions/operation.ts';
import { openaiEmbeddings } from './formats/openai-embeddings/operation.ts';
import { openaiCompact, openaiResponses } from './formats/openai-responses/operation.ts';
import type { Flavour, Operation } from './formats/operation.ts';
import type { Family } from './sending/reply.ts';

/** Every operation there is. */
export const OPERATIONS: readonly Operation[] = [
  openaiChat,
  anthropicMessages,
  anthropicCount,
  geminiGenerate,
  geminiStream,
  geminiCount,
  geminiEmbed,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
  openaiCompact,
  geminiModels,
  openaiModels,
];

/** What a path leads to. */
export interface Route {
  readonly operation: Operation;
  /** The model, where the path names it. */
  readonly model?: string;
  readonly deployment: string;
  readonly isAzure: boolean;
}

/** The beginnings of providers' own paths: what stands before one of them is the name of a deployment. */
const OWN_PATH =
  /^\/(?:(.+?)\/)??(?:openai\/deployments\/[^/]+\/|openai\/v1\/|v1beta\/|v1alpha\/|v1\/|api\/|compatible-mode\/|chat\/completions|completions$|embeddings$|responses|messages|models)/;

/** Finds the operation of a path; any base URL may stand before it, so every provider's own base works. */
export function route(method: string, path: string): Route | undefined {
  const operation = OPERATIONS.find((candidate) => candidate.method === method && candidate.path.test(path));
  if (operation === undefined) return undefined;
  const azure = /\/openai\/deployments\/([^/]+)\//.exec(path)?.[1];
  const model = azure ?? operation.path.exec(path)?.[1];
  return {
    operation,
    ...(model === undefined ? {} : { model: decodeURIComponent(model) }),
    deployment: OWN_PATH.exec(path)?.[1] ?? '',
    // Responses name their deployment in the body.
    isAzure: azure !== undefined || /\/openai\/(?:v1\/)?responses(?:\/compact)?$/.test(path),
  };
}

/** Whose manners a path that leads nowhere has. */
export function familyOfPath(path: string): Family {
  if (/\/v1(beta|alpha)\//.test(path)) return 'gemini';
  return /\/messages/.test(path) ? 'anthropic' : 'openai';
}

/** Whose strictness and extras an OpenAI-like request meets: OpenAI refuses unknown parameters, the others take more. */
export function flavourOf(model: string, isAzure: boolean): Flavour {
  if (isAzure) return 'azure';
  if (/deepseek/i.test(model)) return 'deepseek';
  return /^(gpt-(?!oss)|o\d|chatgpt|text-|davinci|babbage|codex|ft:)/.test(model) ? 'openai' : 'compatible';
}
