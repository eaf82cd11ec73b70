import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import type { CacheMark, Caching } from '../../prompt-cache/caching.ts';
import {
  cachesAtBreakpoints,
  DEEPSEEK_AUTOMATIC,
  OPENAI_AUTOMATIC,
  OPENAI_DAY,
} from '../../prompt-cache/model-facts.ts';
import { invalid } from '../errors.ts';
import type { Flavour } from '../operation.ts';

/** Where parts of a prompt end, in characters. */
interface Places {
  /** The tools, which stand before everything else. */
  readonly head: number;
  /** Each message or item, counted from behind the head. */
  readonly ends: readonly number[];
  /** Parts with a breakpoint. */
  readonly marks: readonly number[];
}

const LEAST_TOKENS = 1_024;
/** "OpenAI considers up to the latest 80 breakpoints" (OpenAI's OpenAPI, 2026-08). */
const MOST_LOOKED_AT = 80;

/** How a provider that speaks OpenAI's format caches a prompt. */
export function cachingOf(body: JsonObject, model: string, flavour: Flavour, places: Places): Caching {
  const salt = saltOf(body, flavour);
  if (flavour === 'deepseek') return { kind: 'automatic', ...DEEPSEEK_AUTOMATIC };
  if (flavour !== 'compatible' && cachesAtBreakpoints(model)) return atBreakpoints(body, salt, places);
  if (flavour !== 'compatible' && places.marks.length > 0) {
    throw invalid("Unknown parameter: 'prompt_cache_breakpoint'.", { code: 'unknown_parameter' });
  }
  const isKept = flavour !== 'compatible' && body.prompt_cache_retention === '24h';
  return { kind: 'automatic', ...(isKept ? OPENAI_DAY : OPENAI_AUTOMATIC), salt };
}

/** Requests with other keys come to other machines; `cache_salt` is vLLM's, and part of its hashes. */
function saltOf(body: JsonObject, flavour: Flavour): string {
  const key = flavour === 'compatible' ? body.cache_salt : body.prompt_cache_key;
  return typeof key === 'string' ? key : '';
}

function atBreakpoints(body: JsonObject, salt: string, { head, ends, marks }: Places): Caching {
  const options = isJsonObject(body.prompt_cache_options) ? body.prompt_cache_options : {};
  const isExplicit = options.mode === 'explicit';
  const explicit = marks.map((end) => head + end).slice(isExplicit ? -4 : -3);
  const last = ends.at(-1);
  const places = new Set([...explicit, ...(isExplicit || last === undefined ? [] : [head + last])]);
  const written: CacheMark[] = [...places]
    .sort((one, other) => one - other)
    .map((characters) => ({ characters, ttl: '30m' }));
  const looked = [...marks, ...(isExplicit ? [] : ends)].map((end) => head + end).sort((one, other) => one - other);
  return { kind: 'marked', marks: written, foundAt: looked.slice(-MOST_LOOKED_AT), least: LEAST_TOKENS, salt };
}
