import type { FormatId } from './neutral/conversation.ts';

/** By what the bytes of a whole answer are known to be one, without parsing it. */
interface AnswerMark {
  /** The list at the top that holds the answer. */
  readonly member: string;
  /** Found in an answer that holds something, or was ended truly. Inside a JSON string its quotes would be escaped. */
  readonly mark: RegExp;
}

const FINISH = '"finish_reason"\\s*:\\s*"(?:stop|length|tool_calls|function_call|content_filter)"';

const MARKS: Partial<Readonly<Record<FormatId, AnswerMark>>> = {
  'openai-chat': { member: 'choices', mark: new RegExp(`^(?=[^]*"message"\\s*:\\s*\\{)[^]*${FINISH}`) },
  'openai-completions': { member: 'choices', mark: new RegExp(FINISH) },
  'openai-embeddings': { member: 'data', mark: /"embedding"\s*:/ },
  'openai-responses': { member: 'output', mark: /"status"\s*:\s*"(?:completed|incomplete)"|"background"\s*:\s*true/ },
  'anthropic-messages': {
    member: 'content',
    mark: /"stop_reason"\s*:\s*"(?:end_turn|stop_sequence|max_tokens|tool_use|pause_turn|refusal)"/,
  },
  'gemini-generate': { member: 'candidates', mark: /"finishReason"\s*:\s*"(?:STOP|MAX_TOKENS)"/ },
};

/** The mark of a format's answers. */
export function answerMark(format: FormatId): AnswerMark | undefined {
  return MARKS[format];
}
