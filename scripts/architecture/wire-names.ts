import { inSource } from './places.ts';
import type { Break, Rule } from './rule.ts';
import type { SourceFile } from './source-file.ts';

/** Where members of a request's or answer's body may be named. */
const HOMES = ['src/formats/', 'src/providers/', 'src/config/'];

/** Members of the bodies of the wire formats. Words that mean something else too (`model`, `user`, `input`) are left out. */
const WIRE_NAMES: ReadonlySet<string> = new Set([
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'maxOutputTokens',
  'max_tokens_to_sample',
  'generationConfig',
  'contents',
  'systemInstruction',
  'stream_options',
  'include_usage',
  'response_format',
  'reasoning_effort',
  'tool_choice',
  'tool_calls',
  'tool_use',
  'tool_result',
  'input_schema',
  'stop_sequences',
  'top_logprobs',
  'service_tier',
  'web_search_options',
  'image_url',
  'input_audio',
  'cache_control',
  'prompt_tokens',
  'completion_tokens',
  'finish_reason',
  'stop_reason',
  'content_block_delta',
  'message_delta',
  'message_start',
  'usageMetadata',
  'best_of',
]);

/** Names of wire formats outside the folders that know wire formats. */
export const WIRE_NAME_RULE: Rule = {
  name: 'wire-names-live-in-formats',
  why: 'A member of a body that is looked up outside src/formats, src/providers and src/config is known twice, and the two lists will disagree; ask the format’s outline.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of inSource(files)) {
      if (HOMES.some((home) => file.path.startsWith(home))) continue;
      for (const { value, line } of file.literals) {
        if (WIRE_NAMES.has(value)) yield { path: file.path, line, what: `names '${value}'` };
      }
    }
  },
};
