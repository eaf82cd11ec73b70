import { anthropic } from './anthropic/index.ts';
import { deepseek } from './deepseek/index.ts';
import { gemini } from './gemini/index.ts';
import { openai } from './openai/index.ts';
import type { Provider } from './provider.ts';

/** Every provider, one line each. The order decides which one a bare model name means. */
export const providers: readonly Provider[] = [openai, anthropic, gemini, deepseek];

/** The provider with this name or alias; null for a name nobody has. */
export function findProvider(name: string): Provider | null {
  return (
    providers.find((provider) => provider.name === name) ??
    providers.find((provider) => provider.aliases?.includes(name)) ??
    null
  );
}
