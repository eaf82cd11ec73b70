/** The sources of a text, both ways. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, wordOf } from '../../core/json.ts';
import type { Citation } from '../neutral/conversation.ts';

const FORMAT = 'openai-responses';

function offset(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** Reads one annotation; only that of an address says something to another format. */
export function readAnnotation(value: JsonValue): Citation | undefined {
  if (!isJsonObject(value)) return undefined;
  const raw = { format: FORMAT, value } as const;
  if (value.type !== 'url_citation') return { raw };
  return {
    ...defined({
      url: wordOf(value.url),
      title: wordOf(value.title),
      start: offset(value.start_index),
      end: offset(value.end_index),
    }),
    raw,
  };
}

/** Reads the annotations of a text; undefined if it has none. */
export function readAnnotations(value: JsonValue | undefined): readonly Citation[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.flatMap((annotation) => readAnnotation(annotation) ?? []);
}

/** Writes a citation; undefined for one without an address. `span` is the text that it belongs to, if the provider does not say. */
export function writeAnnotation(
  citation: Citation,
  span: { readonly start: number; readonly end: number },
): JsonObject | undefined {
  const { raw, url, start, end } = citation;
  if (raw.format === FORMAT && isJsonObject(raw.value)) return { ...raw.value, ...placed(raw.value, span.start) };
  if (url === undefined) return undefined;
  return {
    type: 'url_citation',
    start_index: start ?? span.start,
    end_index: end ?? span.end,
    url,
    title: citation.title ?? url,
  };
}

/** The place in a text to which that of an earlier message was joined. */
function placed({ start_index: start, end_index: end }: JsonObject, before: number): JsonObject {
  if (before === 0 || typeof start !== 'number' || typeof end !== 'number') return {};
  return { start_index: start + before, end_index: end + before };
}
