/** How long the answers of Gemini models can be, and how many stop sequences they take: Google refuses a request for more. */
import type { ModelRow } from './model-abilities.ts';

/** The rows of Gemini. What else differs between its models is in `gemini-models.ts`. */
export const GEMINI_ROWS: readonly ModelRow[] = [
  {
    models: 'Gemini 1.5 and 2.0',
    pattern: /gemini-(?:1\.|2\.0)/,
    abilities: { maxOutputTokens: 8_192 },
    source: 'https://ai.google.dev/gemini-api/docs/models (2026-11-27)',
  },
  {
    models: 'Gemini 2.5 and 3',
    pattern: /gemini-(?:2\.5|3|flash|pro)/,
    abilities: { maxOutputTokens: 65_535 },
    source: 'https://ai.google.dev/gemini-api/docs/models (2026-11-27)',
  },
  {
    models: 'Gemini at Google',
    pattern: /gemini|gemma/,
    providers: ['gemini'],
    abilities: { maxStopSequences: 5 },
    source: 'https://ai.google.dev/api/generate-content, `stopSequences`: "up to 5" (2026-11-28)',
  },
];
