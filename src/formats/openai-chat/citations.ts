/** Sources of an answer: OpenAI's `annotations` on a message, and Perplexity's lists for the whole answer. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, wordOf } from '../../core/json.ts';
import type { Citation } from '../neutral/conversation.ts';

function integer(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** Reads one annotation; one of another kind than a URL citation is only kept as it is. */
function readAnnotation(value: JsonValue): Citation | undefined {
  if (!isJsonObject(value)) return undefined;
  const raw = { format: 'openai-chat' as const, value };
  const told = value.url_citation;
  if (!isJsonObject(told)) return { raw };
  const url = wordOf(told.url);
  const title = wordOf(told.title);
  const citedText = wordOf(told.content);
  const start = integer(told.start_index);
  const end = integer(told.end_index);
  return {
    ...defined({ url, title, citedText, start, end }),
    raw,
  };
}

/** Reads the annotations of a message or delta. */
export function readAnnotations(value: JsonValue | undefined): readonly Citation[] {
  return itemsOf(value).flatMap((annotation) => readAnnotation(annotation) ?? []);
}

/** Reads the sources of a whole answer: `search_results` or Z.AI's `web_search` with titles if there are any; otherwise `citations`. */
export function readSources(body: JsonObject): readonly Citation[] {
  const results = itemsOf(body.search_results).flatMap((value): readonly Citation[] => {
    if (!isJsonObject(value)) return [];
    const url = wordOf(value.url);
    const title = wordOf(value.title);
    const citedText = wordOf(value.snippet);
    const raw = { format: 'openai-chat' as const, value };
    return [
      {
        ...defined({ url, title, citedText }),
        raw,
      },
    ];
  });
  if (results.length > 0) return results;
  const found = itemsOf(body.web_search).flatMap(readFound);
  if (found.length > 0) return found;
  return itemsOf(body.citations).flatMap((value): readonly Citation[] => {
    const url = wordOf(value);
    return url === undefined ? [] : [{ url, raw: { format: 'openai-chat', value: url } }];
  });
}

/** A page that a search of Z.AI's found (https://docs.z.ai/guides/tools/web-search, 2026-11-29). */
function readFound(value: JsonValue): readonly Citation[] {
  const url = isJsonObject(value) ? wordOf(value.link) : undefined;
  if (!isJsonObject(value) || url === undefined) return [];
  const told = defined({ title: wordOf(value.title), citedText: wordOf(value.content) });
  return [{ url, ...told, raw: { format: 'openai-chat', value } }];
}

/**
 * Writes a citation as an annotation; undefined for one without an address. OpenAI's schema wants offsets: if the
 * provider gives none, `span` is the text that the citation belongs to.
 */
export function writeAnnotation(
  citation: Citation,
  span: { readonly start: number; readonly end: number },
): JsonObject | undefined {
  const { raw } = citation;
  if (raw.format === 'openai-chat' && isJsonObject(raw.value) && raw.value.type === 'url_citation') return raw.value;
  if (citation.url === undefined) return undefined;
  return {
    type: 'url_citation',
    url_citation: {
      start_index: citation.start ?? span.start,
      end_index: citation.end ?? span.end,
      url: citation.url,
      title: citation.title ?? citation.url,
    },
  };
}

/** Writes the sources of a whole answer the way Perplexity and LiteLLM do. */
export function writeSources(citations: readonly Citation[]): JsonObject {
  const urls = citations.flatMap((citation) => citation.url ?? []);
  const results = citations.flatMap(({ raw }) =>
    raw.format === 'openai-chat' && isJsonObject(raw.value) ? [raw.value] : [],
  );
  return {
    ...(urls.length === 0 ? {} : { citations: urls }),
    ...(results.length === 0 ? {} : { search_results: results }),
  };
}
