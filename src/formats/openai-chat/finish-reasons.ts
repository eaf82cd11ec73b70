import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Finish, FinishReason } from '../neutral/conversation.ts';

// Words seen in providers' references, 2026-08: OpenAI, Mistral (model_length, error), DeepSeek
// (insufficient_system_resource), GLM (sensitive, network_error, model_context_window_exceeded), Together and TGI (eos),
// vLLM (abort), Gemini's and Anthropic's compatible endpoints.
const REASONS: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['end_turn', 'stop'],
  ['done', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'context-window'],
  ['model_context_window_exceeded', 'context-window'],
  ['tool_calls', 'tool-calls'],
  ['tool_call', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['content_filtered', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['safety', 'content-filter'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  ['malformed_function_call', 'malformed-tool-call'],
  ['error', 'error'],
  ['network_error', 'error'],
  ['insufficient_system_resource', 'error'],
  ['abort', 'error'],
]);

/** Reads a provider's word for why an answer ended; an unknown word is `other` and keeps its spelling in `raw`. */
export function readFinish(word: string, hasToolCalls: boolean, stop?: JsonValue): Finish {
  const reason = REASONS.get(word) ?? REASONS.get(word.toLowerCase()) ?? 'other';
  // OpenAI says "stop" for a call it was forced to make (a named tool_choice), Ollama and Gemini's compatible endpoint for
  // every call. A client still has to run the tool.
  if (reason === 'stop' && hasToolCalls) return { reason: 'tool-calls', raw: word };
  // vLLM and SGLang name the stop sequence beside `finish_reason: "stop"` (https://docs.vllm.ai/en/latest/api/vllm/outputs, 2026-11-28); a
  // token of the model's own is a number there, and other servers repeat a word for the reason.
  if (reason === 'stop' && typeof stop === 'string' && stop !== '' && !REASONS.has(stop)) {
    return { reason: 'stop-sequence', raw: word, stopSequence: stop };
  }
  return { reason, raw: word };
}

/** What stopped a choice, as vLLM (`stop_reason`) and SGLang (`matched_stop`) name it. */
export function stopOf(choice: JsonObject): JsonValue | undefined {
  return choice.stop_reason ?? choice.matched_stop;
}

/**
 * OpenAI's word for why an answer ended. What broke becomes `length`: the answer is there, and is not whole. An answer with
 * tool calls that stopped by itself stopped to have them run.
 */
export function writeFinishReason(
  reason: FinishReason,
  hasToolCalls: boolean,
): 'stop' | 'length' | 'tool_calls' | 'content_filter' {
  switch (reason) {
    case 'length':
    case 'context-window':
    case 'error':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
    case 'refusal':
      return 'content_filter';
    case 'stop':
    case 'stop-sequence':
    case 'pause':
    case 'malformed-tool-call':
    case 'other':
      return hasToolCalls ? 'tool_calls' : 'stop';
  }
}
