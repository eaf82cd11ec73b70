/** Gemini's `usageMetadata` and the neutral token counts. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import type { Usage } from '../neutral/conversation.ts';
import { countSearches } from './citations.ts';
import { countOf } from './fields.ts';

/**
 * Reads the usage of a whole answer or of one stream event; undefined if it has none. The early events of a Vertex stream
 * carry a `usageMetadata` that only names the traffic type: that is not usage.
 */
export function readUsage(value: JsonValue): Usage | undefined {
  const metadata = isJsonObject(value) ? value.usageMetadata : undefined;
  if (!isJsonObject(metadata)) return undefined;
  const prompt = countOf(metadata.promptTokenCount);
  const candidates = countOf(metadata.candidatesTokenCount);
  const thoughts = countOf(metadata.thoughtsTokenCount);
  const toolUse = countOf(metadata.toolUsePromptTokenCount);
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined;
  const cached = countOf(metadata.cachedContentTokenCount);
  const audioInput = tokensOf(metadata.promptTokensDetails, 'AUDIO');
  const audioOutput = tokensOf(metadata.candidatesTokensDetails, 'AUDIO');
  const imageInput = tokensOf(metadata.promptTokensDetails, 'IMAGE');
  const imageOutput = tokensOf(metadata.candidatesTokensDetails, 'IMAGE');
  const videoInput = tokensOf(metadata.promptTokensDetails, 'VIDEO');
  const videoOutput = tokensOf(metadata.candidatesTokensDetails, 'VIDEO');
  const cachedAudio = tokensOf(metadata.cacheTokensDetails, 'AUDIO');
  const cachedImage = tokensOf(metadata.cacheTokensDetails, 'IMAGE');
  const serviceTier = serviceTierOf(metadata);
  const webSearchRequests = isJsonObject(value) ? searchesIn(value) : undefined;
  return {
    // What Google's own tools fed back to the model is billed as input and not contained in the prompt's count.
    inputTokens: (prompt ?? 0) + (toolUse ?? 0),
    // The candidates' count leaves the thoughts out; both are billed as output.
    outputTokens: (candidates ?? 0) + (thoughts ?? 0),
    ...defined({
      cachedInputTokens: cached,
      reasoningTokens: thoughts,
      audioInputTokens: audioInput,
      audioOutputTokens: audioOutput,
      imageInputTokens: imageInput,
      imageOutputTokens: imageOutput,
      videoInputTokens: videoInput,
      videoOutputTokens: videoOutput,
      cachedAudioInputTokens: cachedAudio,
      cachedImageInputTokens: cachedImage,
      serviceTier,
      webSearchRequests,
    }),
  };
}

/** Several candidates of one answer share the searches. */
function searchesIn({ candidates }: JsonObject): number | undefined {
  return objectsOf(candidates)
    .map(countSearches)
    .find((count) => count !== undefined);
}

/** Writes neutral token counts as `usageMetadata`. */
export function writeUsage(usage: Usage): JsonObject {
  const thoughts = usage.reasoningTokens;
  const candidates = Math.max(0, usage.outputTokens - (thoughts ?? 0));
  return {
    promptTokenCount: usage.inputTokens,
    ...(usage.cachedInputTokens === undefined ? {} : { cachedContentTokenCount: usage.cachedInputTokens }),
    candidatesTokenCount: candidates,
    ...defined({ thoughtsTokenCount: thoughts }),
    totalTokenCount: usage.inputTokens + usage.outputTokens,
    ...(usage.audioInputTokens === undefined
      ? {}
      : { promptTokensDetails: split(usage.inputTokens, usage.audioInputTokens) }),
    ...(usage.audioOutputTokens === undefined
      ? {}
      : { candidatesTokensDetails: split(candidates, usage.audioOutputTokens) }),
  };
}

function tokensOf(details: JsonValue | undefined, modality: string): number | undefined {
  let sum: number | undefined;
  for (const detail of objectsOf(details)) {
    const count = detail.modality === modality ? countOf(detail.tokenCount) : undefined;
    if (count !== undefined) sum = (sum ?? 0) + count;
  }
  return sum;
}

function serviceTierOf(metadata: JsonObject): string | undefined {
  const told = stringOf(metadata.serviceTier);
  if (told !== undefined) return told;
  if (metadata.trafficType === 'ON_DEMAND_PRIORITY') return 'priority';
  return metadata.trafficType === 'ON_DEMAND_FLEX' ? 'flex' : undefined;
}

function split(total: number, audio: number): JsonValue {
  return [
    { modality: 'TEXT', tokenCount: Math.max(0, total - audio) },
    { modality: 'AUDIO', tokenCount: audio },
  ];
}
