/** Sources of an answer: Gemini's `groundingMetadata` and `citationMetadata`, and neutral citations. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Citation } from '../neutral/conversation.ts';
import { countOf } from './fields.ts';

/** The citations of a candidate whose answer so far is `text`; Gemini counts in bytes of UTF-8, the neutral form in characters. */
export function readCitations(candidate: JsonObject, text: string): Citation[] {
  const bytes = new ByteOffsets(text);
  return [...readGrounding(candidate.groundingMetadata, bytes), ...readSources(candidate.citationMetadata, bytes)];
}

function readGrounding(metadata: JsonValue | undefined, bytes: ByteOffsets): Citation[] {
  if (!isJsonObject(metadata)) return [];
  const chunks = Array.isArray(metadata.groundingChunks) ? metadata.groundingChunks : [];
  const cited = new Set<number>();
  const citations: Citation[] = [];
  for (const support of objectsOf(metadata.groundingSupports)) {
    const segment = isJsonObject(support.segment) ? support.segment : {};
    const indices = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : [];
    for (const index of indices) {
      const chunk = typeof index === 'number' ? chunks[index] : undefined;
      if (typeof index !== 'number' || !isJsonObject(chunk)) continue;
      cited.add(index);
      citations.push(citationOf(chunk, segment, bytes));
    }
  }
  chunks.forEach((chunk, index) => {
    if (isJsonObject(chunk) && !cited.has(index)) citations.push(citationOf(chunk, undefined, bytes));
  });
  return citations;
}

function citationOf(chunk: JsonObject, segment: JsonObject | undefined, bytes: ByteOffsets): Citation {
  const source = [chunk.web, chunk.retrievedContext, chunk.maps, chunk.image].find(isJsonObject) ?? {};
  const url = stringOf(source.uri) ?? stringOf(source.sourceUri);
  const title = stringOf(source.title);
  const citedText = segment === undefined ? undefined : stringOf(segment.text);
  return {
    ...defined({ url, title, citedText }),
    // A segment that starts at 0 leaves its start out.
    ...(segment === undefined ? {} : bytes.span(countOf(segment.startIndex) ?? 0, countOf(segment.endIndex))),
    raw: { format: 'gemini-generate', value: segment === undefined ? { chunk } : { chunk, segment } },
  };
}

/** `citationSources` in the Gemini API, `citations` in Vertex: passages the answer quotes. */
function readSources(metadata: JsonValue | undefined, bytes: ByteOffsets): Citation[] {
  if (!isJsonObject(metadata)) return [];
  return [...objectsOf(metadata.citationSources), ...objectsOf(metadata.citations)].map((source) => {
    const url = stringOf(source.uri);
    const title = stringOf(source.title);
    return {
      ...defined({ url, title }),
      ...bytes.span(countOf(source.startIndex) ?? 0, countOf(source.endIndex)),
      raw: { format: 'gemini-generate', value: { source } },
    };
  });
}

class ByteOffsets {
  readonly #text: string;
  #encoded: Buffer | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Character offsets of a span of bytes; nothing if the span is not one of this text. */
  span(startByte: number, endByte: number | undefined): { start?: number; end?: number } {
    this.#encoded ??= Buffer.from(this.#text);
    if (endByte === undefined || endByte > this.#encoded.length || startByte > endByte) return {};
    return { start: this.#charactersBefore(startByte), end: this.#charactersBefore(endByte) };
  }

  #charactersBefore(byte: number): number {
    return this.#encoded?.toString('utf8', 0, byte).length ?? 0;
  }
}

/** How many searches Google ran for a candidate; they are billed apart. Undefined if it tells none. */
export function countSearches(candidate: JsonObject): number | undefined {
  const queries = isJsonObject(candidate.groundingMetadata) ? candidate.groundingMetadata.webSearchQueries : undefined;
  return Array.isArray(queries) && queries.length > 0 ? queries.length : undefined;
}

/** A citation with its place in the answer's text: that of its passage if it has no offsets of its own. */
export function ofPassage(citation: Citation, start: number, end: number): Citation {
  return citation.end !== undefined || citation.raw.format === 'gemini-generate'
    ? citation
    : { ...citation, start, end };
}

/** The `groundingMetadata` that tells searches, and citations about an answer's text; undefined if there are neither. */
export function writeGrounding(
  citations: readonly Citation[],
  text: string,
  queries: readonly string[] = [],
): JsonObject | undefined {
  if (citations.length === 0 && queries.length === 0) return undefined;
  const chunks: JsonObject[] = [];
  const indexByChunk = new Map<string, number>();
  const supports: JsonObject[] = [];
  for (const citation of citations) {
    const chunk = chunkOf(citation);
    const key = JSON.stringify(chunk);
    let index = indexByChunk.get(key);
    if (index === undefined) {
      index = chunks.length;
      indexByChunk.set(key, index);
      chunks.push(chunk);
    }
    const segment = segmentOf(citation, text);
    if (segment !== undefined) supports.push({ segment, groundingChunkIndices: [index] });
  }
  return {
    ...(queries.length === 0 ? {} : { webSearchQueries: [...queries] }),
    ...(chunks.length === 0 ? {} : { groundingChunks: chunks }),
    ...(supports.length === 0 ? {} : { groundingSupports: supports }),
  };
}

function rawMember(citation: Citation, name: 'chunk' | 'segment'): JsonObject | undefined {
  const { format, value } = citation.raw;
  if (format !== 'gemini-generate' || !isJsonObject(value)) return undefined;
  const found = ownValue(value, name);
  return isJsonObject(found) ? found : undefined;
}

function chunkOf(citation: Citation): JsonObject {
  const web: JsonObject = {
    ...(citation.url === undefined ? {} : { uri: citation.url }),
    ...(citation.title === undefined ? {} : { title: citation.title }),
  };
  return rawMember(citation, 'chunk') ?? { web };
}

function segmentOf(citation: Citation, text: string): JsonObject | undefined {
  const own = rawMember(citation, 'segment');
  if (own !== undefined) return own;
  if (citation.start === undefined || citation.end === undefined) return undefined;
  return {
    startIndex: Buffer.byteLength(text.slice(0, citation.start)),
    endIndex: Buffer.byteLength(text.slice(0, citation.end)),
    text: text.slice(citation.start, citation.end),
  };
}
