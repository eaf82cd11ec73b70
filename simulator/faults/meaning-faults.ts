import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { errorReply, type Problem } from '../formats/errors.ts';
import type { Fault, FaultContext } from './fault.ts';
import { numbersIn } from './fault.ts';

const refuse = (context: FaultContext, problem: Problem) => ({
  instead: errorReply(context.family, problem, context.requestId),
});

/** Failures that are recognised by what the error says, in each provider's words. */
export const meaningFaults: readonly Fault[] = [
  {
    name: 'context-length',
    does: 'Answers 400: the prompt is longer than the model’s context (`context_length_exceeded`).',
    cases: ['S12'],
    effect(context) {
      const limits: Record<FaultContext['family'], string> = {
        openai:
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
        responses: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
        anthropic: 'prompt is too long: 209000 tokens > 200000 maximum',
        gemini: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      };
      return refuse(context, {
        status: 400,
        kind: 'invalid',
        message: limits[context.family],
        param: 'messages',
        code: 'context_length_exceeded',
      });
    },
  },
  {
    name: 'content-filter',
    does: 'Answers 200 and stops through the content filter, without text (`content_filter`, `refusal`, `SAFETY`).',
    cases: ['S13'],
    effect: () => ({ wishes: { filter: true } }),
  },
  {
    name: 'content-filter-400',
    does: 'Answers 400 because the prompt set off the content filter (Azure’s `content_filter`, Anthropic’s “blocked by content filtering policy”, Gemini’s `blockReason`).',
    cases: ['S13'],
    effect(context) {
      const messages: Record<FaultContext['family'], string> = {
        openai:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
        responses:
          'Your request was flagged as potentially violating our usage policy. Please try again with a different prompt.',
        anthropic: 'Output blocked by content filtering policy',
        gemini: 'The prompt was blocked: PROHIBITED_CONTENT',
      };
      const code = context.family === 'responses' ? 'invalid_prompt' : 'content_filter';
      return refuse(context, {
        status: 400,
        kind: 'invalid',
        message: messages[context.family],
        param: 'prompt',
        code,
      });
    },
  },
  {
    name: 'refuse',
    does: 'Answers 200 with a refusal (`message.refusal`, `stop_reason: refusal`).',
    cases: ['S13'],
    effect: () => ({ wishes: { refuse: true } }),
  },
  {
    name: 'prefill-rejected',
    does: 'Answers 400 to a conversation that ends with the assistant’s own words, and leaves others alone.',
    cases: ['S14'],
    effect(context) {
      if (!endsWithAssistant(context.body)) return undefined;
      const message =
        context.family === 'anthropic'
          ? 'This model does not support assistant message prefill. The conversation must end with a user message.'
          : 'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant';
      return refuse(context, { status: 400, kind: 'invalid', message });
    },
  },
  {
    name: 'starts-over',
    does: 'Asked to go on with an answer, by a prefill or in words, says it from its beginning.',
    cases: ['S08', 'S14'],
    effect: () => ({ wishes: { goingOn: 'starts-over' } }),
  },
  {
    name: 'rewords',
    does: 'Asked to go on with an answer, by a prefill or in words, says it in other words.',
    cases: ['S08', 'S14'],
    effect: () => ({ wishes: { goingOn: 'rewords' } }),
  },
  {
    name: 'quota',
    does: 'Answers 429 because the account has no money left (`insufficient_quota`): no retry will help.',
    cases: ['F20'],
    effect(context) {
      const message =
        'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';
      const problem = {
        status: 429,
        kind: 'rate-limit' as const,
        message,
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      };
      if (context.family !== 'anthropic') return refuse(context, problem);
      const low =
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.';
      return refuse(context, { status: 400, kind: 'invalid', message: low });
    },
  },
  {
    name: 'flap',
    argument: 'TOTAL-BAD-GOOD',
    does: 'Flaps for TOTAL seconds (60) from its first request: 503 for BAD seconds (5), well for GOOD (5), and so on; then stays well.',
    cases: ['S15'],
    effect(context) {
      const [total = 60, bad = 5, good = 5] = numbersIn(context.argument, 60, 5, 5);
      const seconds = context.sinceFirstMs / 1000;
      if (seconds >= total || seconds % (bad + good) >= bad) return undefined;
      return refuse(context, {
        status: 503,
        kind: 'unavailable',
        message: 'The server is currently overloaded with other requests.',
      });
    },
  },
];

function endsWithAssistant(body: JsonObject): boolean {
  const turns = body.messages ?? body.contents ?? body.input;
  const last = Array.isArray(turns) ? turns.at(-1) : undefined;
  return isJsonObject(last) && (last.role === 'assistant' || last.role === 'model');
}
