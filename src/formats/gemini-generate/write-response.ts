/** A neutral answer as the body of `generateContent`, for a Gemini client. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type { Choice, Citation, ConversationResponse } from '../neutral/conversation.ts';
import { writeAnswerPart } from './answer-writer.ts';
import { ofPassage, writeGrounding } from './citations.ts';
import { writeCodeStep } from './code-execution.ts';
import { writeFinish } from './finish.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeUsage } from './usage.ts';

/** Writes a whole answer. */
export function writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject {
  return {
    candidates: response.choices.map((choice) => writeCandidate(choice, response.citations ?? [])),
    ...(response.usage === undefined ? {} : { usageMetadata: writeUsage(response.usage) }),
    modelVersion: facts.model,
    createTime: writeTime(response.createdSeconds ?? facts.createdSeconds),
    responseId: response.id === '' ? facts.id : response.id,
  };
}

function writeCandidate(choice: Choice, ofAnswer: readonly Citation[]): JsonObject {
  const parts: JsonValue[] = [];
  for (const part of choice.parts) {
    if (part.type === 'server-call' && part.tool === 'code-execution') {
      parts.push(...writeCodeStep(part));
      continue;
    }
    const written = writeAnswerPart(part);
    if (written !== undefined) parts.push(written);
  }
  const texts = choice.parts.filter((part) => part.type === 'text');
  let end = 0;
  const cited = texts.flatMap((part) => {
    const start = end;
    end += part.text.length;
    return (part.citations ?? []).map((citation) => ofPassage(citation, start, end));
  });
  const citations = [...cited, ...ofAnswer];
  const queries = choice.parts.flatMap((part) =>
    part.type === 'server-call' && part.tool === 'web-search' ? (part.queries ?? []) : [],
  );
  const groundingMetadata = writeGrounding(citations, texts.map((part) => part.text).join(''), queries);
  return {
    content: { parts, role: 'model' },
    ...writeFinish(choice.finish),
    index: choice.index,
    ...defined({ groundingMetadata }),
    ...writeLogprobs(choice.logprobs),
  };
}

/** A moment as protobuf writes it. */
export function writeTime(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  // Beyond what a date can say, the epoch: a provider's nonsense must not break the answer.
  return new Date(Math.abs(milliseconds) <= 8.64e15 ? milliseconds : 0).toISOString();
}
