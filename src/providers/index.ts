import { compileWildcard } from '../core/wildcard.ts';
import { anthropic } from './anthropic/index.ts';
import { azure } from './azure/index.ts';
import { cerebras } from './cerebras/index.ts';
import { dashscope } from './dashscope/index.ts';
import { deepinfra } from './deepinfra/index.ts';
import { deepseek } from './deepseek/index.ts';
import { fireworksAi } from './fireworks-ai/index.ts';
import { gemini } from './gemini/index.ts';
import { groq } from './groq/index.ts';
import { hostedVllm } from './hosted-vllm/index.ts';
import { lmStudio } from './lm-studio/index.ts';
import { minimax } from './minimax/index.ts';
import { mistral } from './mistral/index.ts';
import { moonshot } from './moonshot/index.ts';
import { nvidiaNim } from './nvidia-nim/index.ts';
import { ollama } from './ollama/index.ts';
import { openai } from './openai/index.ts';
import { openaiLike } from './openai-like/index.ts';
import { openrouter } from './openrouter/index.ts';
import { perplexity } from './perplexity/index.ts';
import type { Provider } from './provider.ts';
import { sambanova } from './sambanova/index.ts';
import { togetherAi } from './together-ai/index.ts';
import { xai } from './xai/index.ts';
import { zai, zhipuai } from './zai/index.ts';

/** Every provider, one line each. The order decides which one a bare model name means. */
export const providers: readonly Provider[] = [
  openai,
  anthropic,
  gemini,
  deepseek,
  zai,
  zhipuai,
  azure,
  mistral,
  groq,
  xai,
  togetherAi,
  fireworksAi,
  openrouter,
  perplexity,
  moonshot,
  dashscope,
  minimax,
  cerebras,
  nvidiaNim,
  sambanova,
  deepinfra,
  ollama,
  hostedVllm,
  lmStudio,
  openaiLike,
];

const modelPatterns = providers.flatMap(({ name, modelPatterns: patterns = [] }) =>
  patterns.map((pattern) => ({ wildcard: compileWildcard(pattern), name })),
);

/** A model with the provider that is known for it: `openai/gpt-4o` for `gpt-4o`; undefined if no provider is. */
export function withItsProvider(model: string): string | undefined {
  const known = modelPatterns.find(({ wildcard }) => wildcard.match(model) !== undefined);
  return known === undefined ? undefined : `${known.name}/${model}`;
}

/** The provider with this name or alias; null for an unknown name. */
export function findProvider(name: string): Provider | null {
  return (
    providers.find((provider) => provider.name === name) ??
    providers.find((provider) => provider.aliases?.includes(name)) ??
    null
  );
}
