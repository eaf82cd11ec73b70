import type { Usage } from '../formats/neutral/conversation.ts';

/** Usage with the model that the answer names, as far as both are known. */
export function usageOfModel(usage: Usage | undefined, model: unknown): Usage | undefined {
  return usage === undefined || typeof model !== 'string' || model === '' ? usage : { ...usage, model };
}
