import { pathWithQuery, splitBaseUrl } from '../base-url.ts';
import { classifyBy } from '../failure.ts';
import { bearer, jsonHeaders } from '../openai-compatible/index.ts';
import type { Provider, ProviderOperation, Target } from '../provider.ts';
import { anthropicBill } from './bill.ts';
import { ANTHROPIC_BUDGET_MEMBERS } from './budget-members.ts';
import { ANTHROPIC_FAILURES } from './errors.ts';

/** https://platform.claude.com/docs/en/api/versioning (2026-11-23): the only version that is not deprecated. */
const VERSION = '2023-06-01';
const ENDINGS: readonly string[] = ['/v1/messages/count_tokens', '/v1/messages', '/v1'];

/** Anthropic. `api_base` may be given with or without `/v1`, or as the whole path. */
export const anthropic: Provider = {
  name: 'anthropic',
  title: 'Anthropic',
  modelPatterns: ['claude-*'],
  defaultBaseUrl: 'https://api.anthropic.com',
  keyVariables: ['ANTHROPIC_API_KEY'],
  baseUrlVariables: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'],
  operations: {
    chat: messagesOperation('/v1/messages'),
    'count-tokens': messagesOperation('/v1/messages/count_tokens'),
  },
  classify: classifyBy('Anthropic', ANTHROPIC_FAILURES),
  bill: anthropicBill,
  source: 'https://platform.claude.com/docs/en/api/overview (2026-11-23)',
};

function messagesOperation(path: string): ProviderOperation {
  return {
    format: 'anthropic-messages',
    streamUsage: 'always',
    forwardHeaders: ['anthropic-beta'],
    // The format's writer knows what the Messages API takes; nothing is left to edit.
    rules: () => ({}),
    budgetMembers: ANTHROPIC_BUDGET_MEMBERS,
    call(target, { stream }) {
      const base = splitBaseUrl(target.baseUrl, ENDINGS);
      return {
        origin: base.origin,
        path: pathWithQuery(`${base.path}${path}`, base.query),
        headers: {
          ...jsonHeaders(stream),
          'anthropic-version': target.apiVersion ?? VERSION,
          ...credential(target),
        },
      };
    },
  };
}

/** An OAuth token of a Claude subscription goes as a bearer with its beta flag; an API key as `x-api-key`. */
function credential({ apiKey }: Target): Readonly<Record<string, string>> {
  const key = apiKey?.trim();
  if (key === undefined || key === '') return {};
  return key.startsWith('sk-ant-oat') ? { ...bearer(key), 'anthropic-beta': 'oauth-2025-04-20' } : { 'x-api-key': key };
}
