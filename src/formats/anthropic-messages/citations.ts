/** Citations of a text block, both ways. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Citation } from '../neutral/conversation.ts';

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

/** Reads one citation; what is not an object is no citation. Anthropic's offsets point into the source, so they stay in `raw`. */
export function readCitation(value: JsonValue | undefined): Citation | undefined {
  if (!isJsonObject(value)) return undefined;
  const url = text(value.url) ?? text(value.source);
  const title = text(value.title) ?? text(value.document_title);
  const citedText = text(value.cited_text);
  return {
    ...defined({ url, title, citedText }),
    raw: { format: 'anthropic-messages', value },
  };
}

/** Reads a block's `citations`; undefined if there are none. */
export function readCitations(value: JsonValue | undefined): readonly Citation[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const citations = value.map(readCitation).filter((citation) => citation !== undefined);
  return citations.length === 0 ? undefined : citations;
}

/**
 * Writes a citation: Anthropic's own as it was, another's as a web search result, the one kind that needs no document in the
 * request. `encrypted_index` is then empty: only the provider that searched could have made one. Undefined without a URL.
 */
export function writeCitation(citation: Citation): JsonObject | undefined {
  if (citation.raw.format === 'anthropic-messages' && isJsonObject(citation.raw.value)) return citation.raw.value;
  if (citation.url === undefined) return undefined;
  return {
    type: 'web_search_result_location',
    cited_text: citation.citedText ?? '',
    url: citation.url,
    title: citation.title ?? null,
    encrypted_index: '',
  };
}
