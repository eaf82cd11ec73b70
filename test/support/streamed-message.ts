/** Puts a streamed chat completion together, members included that the `openai` package's own helper does not know. */
import type OpenAI from 'openai';

/** What providers and LiteLLM add to an assistant's message. */
export interface Reasoned {
  reasoning_content?: string | null;
  thinking_blocks?: { type: string; thinking?: string; signature?: string }[];
}

/** The message of the first choice, with how it ended. */
export interface StreamedMessage {
  readonly message: OpenAI.ChatCompletionMessage & Reasoned;
  readonly finishReason: string | undefined;
  readonly usage: OpenAI.CompletionUsage | undefined;
}

type Call = OpenAI.ChatCompletionMessageFunctionToolCall;

/** Reads a stream to its end. Text grows, blocks are gathered, everything else is kept as it first came. */
export async function readMessage(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<StreamedMessage> {
  const message: OpenAI.ChatCompletionMessage & Reasoned = { role: 'assistant', content: null, refusal: null };
  const calls: Call[] = [];
  let finishReason: string | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    finishReason = choice.finish_reason ?? finishReason;
    const delta: typeof choice.delta & Reasoned = choice.delta;
    if (delta.content) message.content = (message.content ?? '') + delta.content;
    if (delta.refusal) message.refusal = (message.refusal ?? '') + delta.refusal;
    if (delta.reasoning_content)
      message.reasoning_content = (message.reasoning_content ?? '') + delta.reasoning_content;
    if (delta.thinking_blocks) message.thinking_blocks = [...(message.thinking_blocks ?? []), ...delta.thinking_blocks];
    for (const { index, function: called, ...rest } of delta.tool_calls ?? []) {
      const call = calls[index] ?? { id: '', type: 'function' as const, function: { name: '', arguments: '' } };
      calls[index] = {
        ...call,
        ...(rest as Partial<Call>),
        function: {
          name: call.function.name + (called?.name ?? ''),
          arguments: call.function.arguments + (called?.arguments ?? ''),
        },
      };
    }
  }
  if (calls.length > 0) message.tool_calls = calls;
  return { message, finishReason, usage };
}
