import type { JsonObject } from '../../../src/core/json.ts';
import type { Answer, Choice, Usage } from '../../answering/ask.ts';
import { toolCallTokens } from '../../answering/compose.ts';
import { identifier, seededRandom } from '../../answering/seeded.ts';
import { mintSignature } from '../../answering/signature.ts';
import type { StreamEvent } from '../../sending/reply.ts';
import { choiceTokens } from '../openai-chat/write.ts';
import { type Call, jsonEvent } from '../operation.ts';
import type { Thinking } from './read.ts';
import { groundingOf } from './web-search.ts';

/** Writes Gemini's answers, whole and streamed. */
export class GenerateWriter {
  readonly #call: Call;
  readonly #thinking: Thinking;
  readonly #config: JsonObject;

  constructor(call: Call, thinking: Thinking, config: JsonObject) {
    this.#call = call;
    this.#thinking = thinking;
    this.#config = config;
  }

  whole(answer: Answer): JsonObject {
    return this.#response(
      answer.choices.map((choice, index) => {
        const parts = this.#parts(choice, index);
        return {
          ...(choice.ending === 'filter' ? {} : { content: { parts, role: 'model' } }),
          finishReason: finishReason(choice),
          ...(choice.toolCalls.length > 0 ? { finishMessage: 'Model generated function call(s).' } : {}),
          index,
          ...(choice.ending === 'filter' ? { safetyRatings: SAFETY } : {}),
          ...groundingOf(choice),
          ...this.#logprobs(choice),
        };
      }),
      answer.usage,
    );
  }

  events(answer: Answer): StreamEvent[] {
    const events: StreamEvent[] = [];
    let spoken = 0;
    let thought = 0;
    const soFar = (): Usage => ({ ...answer.usage, completion: spoken + thought, reasoning: thought });
    answer.choices.forEach((choice, index) => {
      for (const token of choice.reasoning) {
        thought += 1;
        if (this.#thinking.isShown)
          events.push(this.#part('content', { text: token, thought: true }, index, soFar(), 1));
      }
      const hidden = this.#thinking.isShown ? 0 : choice.reasoning.length;
      choice.text.forEach((token, at) => {
        spoken += 1;
        events.push(this.#part('content', { text: token }, index, soFar(), 1 + (at === 0 ? hidden : 0)));
      });
      choice.toolCalls.forEach((call, at) => {
        const tokens = toolCallTokens(call);
        spoken += tokens;
        const part = {
          functionCall: { name: call.name, args: call.arguments },
          ...this.#signature(choice, index, at === 0),
        };
        events.push(this.#part('content', part, index, soFar(), tokens + (at === 0 ? hidden : 0)));
      });
      const closing = choice.toolCalls.length > 0 ? {} : this.#signature(choice, index, true);
      const candidate = {
        ...(choice.ending === 'filter' ? {} : { content: { parts: [{ text: '', ...closing }], role: 'model' } }),
        finishReason: finishReason(choice),
        index,
        ...(choice.ending === 'filter' ? { safetyRatings: SAFETY } : {}),
        ...groundingOf(choice),
        ...this.#logprobs(choice),
      };
      const isLast = index === answer.choices.length - 1;
      events.push(
        jsonEvent(
          'close',
          this.#response([candidate], isLast ? answer.usage : soFar()),
          choiceTokens(choice) === choice.reasoning.length ? hidden : 0,
        ),
      );
    });
    return events;
  }

  #part(part: StreamEvent['part'], content: JsonObject, index: number, usage: Usage, tokens: number): StreamEvent {
    return jsonEvent(part, this.#response([{ content: { parts: [content], role: 'model' }, index }], usage), tokens);
  }

  #parts(choice: Choice, index: number): JsonObject[] {
    const parts: JsonObject[] = [];
    if (this.#thinking.isShown && choice.reasoning.length > 0)
      parts.push({ text: choice.reasoning.join(''), thought: true });
    if (choice.toolCalls.length === 0)
      parts.push({ text: choice.text.join(''), ...this.#signature(choice, index, true) });
    choice.toolCalls.forEach((call, at) => {
      parts.push({
        functionCall: { name: call.name, args: call.arguments },
        ...this.#signature(choice, index, at === 0),
      });
    });
    return parts;
  }

  /** Thinking leaves a signature; Gemini 3 signs the first of its calls in any case. */
  #signature(choice: Choice, index: number, isFirst: boolean): JsonObject {
    const isSigned = choice.reasoning.length > 0 || (choice.toolCalls.length > 0 && /gemini-3/.test(this.#call.model));
    return isSigned && isFirst
      ? { thoughtSignature: mintSignature(`${this.#call.identity.slice(0, 16)}${index}`) }
      : {};
  }

  #logprobs(choice: Choice): JsonObject {
    if (this.#config.responseLogprobs !== true) return {};
    const chosen = choice.text.map((token) => ({
      token,
      logProbability: -seededRandom(`${this.#call.seed}${token}`)(),
      tokenId: token.length,
    }));
    const average = chosen.reduce((sum, entry) => sum + entry.logProbability, 0) / Math.max(chosen.length, 1);
    return {
      avgLogprobs: average,
      logprobsResult: { chosenCandidates: chosen, topCandidates: chosen.map((entry) => ({ candidates: [entry] })) },
    };
  }

  #response(candidates: JsonObject[], usage: Usage): JsonObject {
    return {
      candidates,
      usageMetadata: generateUsage(usage),
      modelVersion: this.#call.model,
      responseId: identifier('', this.#call.identity, 23),
    };
  }
}

const SAFETY = [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }];

/** Gemini's usage: thoughts are counted beside the candidates, not in them. */
function generateUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: usage.prompt,
    candidatesTokenCount: usage.completion - usage.reasoning,
    totalTokenCount: usage.prompt + usage.completion,
    ...(usage.cacheRead > 0
      ? {
          cachedContentTokenCount: usage.cacheRead,
          cacheTokensDetails: [{ modality: 'TEXT', tokenCount: usage.cacheRead }],
        }
      : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.prompt }],
    ...(usage.reasoning > 0 ? { thoughtsTokenCount: usage.reasoning } : {}),
  };
}

function finishReason(choice: Choice): string {
  switch (choice.ending) {
    case 'length':
      return 'MAX_TOKENS';
    case 'filter':
      return 'SAFETY';
    default:
      return 'STOP';
  }
}
