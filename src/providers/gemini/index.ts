import { pathSegment, pathWithQuery, splitBaseUrl } from '../base-url.ts';
import { classifyBy } from '../failure.ts';
import { jsonHeaders } from '../openai-compatible/index.ts';
import type { Provider, ProviderOperation, Target } from '../provider.ts';
import { geminiBill } from './bill.ts';
import { GEMINI_BUDGET_MEMBERS } from './budget-members.ts';
import { GEMINI_FAILURES } from './errors.ts';

/**
 * Google's Gemini API. The key goes into a header, never into the URL, where every log on the way would show it.
 * https://ai.google.dev/api (2026-11-23)
 */
export const gemini: Provider = {
  name: 'gemini',
  title: 'Gemini',
  modelPatterns: ['gemini-*', 'gemma-*'],
  defaultBaseUrl: 'https://generativelanguage.googleapis.com',
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  baseUrlVariables: ['GEMINI_API_BASE'],
  priceProvider: 'google',
  operations: {
    chat: generateOperation(({ stream }) => (stream ? 'streamGenerateContent' : 'generateContent')),
    // A client may ask for a single text; providers are always asked for a batch.
    embedding: {
      ...generateOperation(() => 'batchEmbedContents'),
      mustTranslate: (_model, body) => (Buffer.from(body).includes('"requests"') ? undefined : 'single-text'),
    },
    'count-tokens': generateOperation(() => 'countTokens'),
  },
  classify: classifyBy('Gemini', GEMINI_FAILURES),
  bill: geminiBill,
  source: 'https://ai.google.dev/api (2026-11-23)',
};

function generateOperation(methodOf: (options: { readonly stream: boolean }) => string): ProviderOperation {
  return {
    format: 'gemini-generate',
    streamUsage: 'always',
    // The format's writer knows what generateContent takes; nothing is left to edit.
    rules: () => ({}),
    budgetMembers: GEMINI_BUDGET_MEMBERS,
    call(target, options) {
      const base = splitBaseUrl(withoutModelPath(target.baseUrl), []);
      const method = methodOf(options);
      if (method === 'streamGenerateContent') base.query.set('alt', 'sse');
      const version = /\/v\d+(?:alpha|beta)?\d*$/.test(base.path) ? '' : `/${target.apiVersion ?? 'v1beta'}`;
      return {
        origin: base.origin,
        path: pathWithQuery(`${base.path}${version}/${resourceOf(target)}:${method}`, base.query),
        headers: {
          ...jsonHeaders(options.stream),
          ...(target.apiKey === undefined ? {} : { 'x-goog-api-key': target.apiKey.trim() }),
        },
      };
    },
  };
}

/** A base pasted with its model (`…/v1beta/models/gemini-2.5-pro:generateContent`) loses it: the deployment names the model. */
function withoutModelPath(baseUrl: string): string {
  return baseUrl.replace(/\/models(?:\/[^?]*)?(?=\?|$)/, '');
}

/** `models/NAME`; a name that says its collection itself (`tunedModels/NAME`) keeps it. */
function resourceOf({ model }: Target): string {
  const match = /^(models|tunedModels)\/(.+)$/.exec(model);
  return match?.[1] !== undefined && match[2] !== undefined
    ? `${match[1]}/${pathSegment(match[2])}`
    : `models/${pathSegment(model)}`;
}
