/** Log-probabilities: Gemini's `logprobsResult` and OpenAI's `logprobs` object, which is the neutral form. */
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import { numberOf } from './fields.ts';

/** OpenAI's shape of a candidate's `logprobsResult`; undefined if it has none. */
export function readLogprobs(candidate: JsonObject): JsonObject | undefined {
  const result = candidate.logprobsResult;
  if (!isJsonObject(result) || !Array.isArray(result.chosenCandidates)) return undefined;
  const tops = Array.isArray(result.topCandidates) ? result.topCandidates : [];
  const content = result.chosenCandidates.flatMap((chosen, index) => {
    const token = isJsonObject(chosen) ? readToken(chosen) : undefined;
    if (token === undefined) return [];
    const top = tops[index];
    const others: JsonValue[] = [];
    for (const candidateToken of isJsonObject(top) ? objectsOf(top.candidates) : []) {
      const other = readToken(candidateToken);
      if (other !== undefined) others.push(other);
    }
    return [{ ...token, top_logprobs: others }];
  });
  return { content, refusal: null };
}

function readToken(candidate: JsonObject): JsonObject | undefined {
  const token = stringOf(candidate.token);
  const logprob = numberOf(candidate.logProbability);
  if (token === undefined || logprob === undefined) return undefined;
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** Several `logprobs` objects of one answer as one, in their order. */
export function joinLogprobs(first: JsonValue | undefined, second: JsonValue | undefined): JsonValue | undefined {
  if (!isJsonObject(first)) return second;
  if (!isJsonObject(second)) return first;
  return { content: [...listOf(first.content), ...listOf(second.content)], refusal: null };
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The members of a candidate that tell log-probabilities. */
export function writeLogprobs(logprobs: JsonValue | undefined): JsonObject {
  const tokens = isJsonObject(logprobs) ? objectsOf(logprobs.content) : [];
  if (tokens.length === 0) return {};
  const chosenCandidates = tokens.map(writeToken);
  const sum = tokens.reduce((total, token) => total + (numberOf(token.logprob) ?? 0), 0);
  return {
    avgLogprobs: sum / tokens.length,
    logprobsResult: {
      topCandidates: tokens.map((token) => ({ candidates: objectsOf(token.top_logprobs).map(writeToken) })),
      chosenCandidates,
    },
  };
}

function writeToken(token: JsonObject): JsonObject {
  return { token: stringOf(token.token) ?? '', logProbability: numberOf(token.logprob) ?? 0 };
}
