/** Reads the content of a message: a string, or a list of parts. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import type { DocumentPart, MediaSource, Part } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import { objectOrNothing, optionalString, requiredName, requiredObject, requiredString, wrongKind } from './fields.ts';
import { mediaTypeOfAudio, mediaTypeOfFile, readUrl } from './media.ts';
import { readGoogleSignature, readThinkingBlock } from './thinking-blocks.ts';

/** Reads `content`; `nullable` where a message may do without (assistant, tool). An empty string is a part of its own. */
export function readContent(value: JsonValue | undefined, path: string, nullable: boolean): readonly Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (value === undefined || value === null) {
    if (nullable) return [];
    throw new FormatError(
      path,
      `'${path}' must be a string or an array of content parts, but it is ${value === null ? 'null' : 'missing'}.`,
    );
  }
  if (!Array.isArray(value)) throw wrongKind(path, 'a string or an array of content parts', value);
  return value.map((part, index) => readPart(part, `${path}[${index}]`));
}

/** Reads one content part; a kind that only this format knows stays as it is. */
function readPart(value: JsonValue, path: string): Part {
  // Some clients put bare strings between the parts.
  if (typeof value === 'string') return { type: 'text', text: value };
  if (!isJsonObject(value)) throw wrongKind(path, 'a content part with a `type`', value);
  if (typeof value.type !== 'string' || value.type === '') {
    throw new FormatError(
      `${path}.type`,
      `'${path}.type' must name the kind of part ('text', 'image_url', 'input_audio', 'file', …).`,
    );
  }
  const read = READERS.get(value.type);
  return read === undefined ? { type: 'opaque', format: 'openai-chat', value } : read(value, path);
}

function marked(part: JsonObject): { readonly cacheMark?: NonNullable<ReturnType<typeof readCacheMark>> } {
  const cacheMark = readCacheMark(part);
  return cacheMark === undefined ? {} : { cacheMark };
}

function readText(part: JsonObject, path: string): Part {
  const signature = readGoogleSignature(part);
  return {
    type: 'text',
    text: requiredString(part.text, `${path}.text`),
    ...marked(part),
    ...(signature === undefined ? {} : { signature }),
  };
}

function readImage(part: JsonObject, path: string): Part {
  // LiteLLM and several servers also take the URL bare: `image_url: "https://…"`.
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : part.image_url;
  const holder = requiredObject(image, `${path}.image_url`);
  const url = requiredName(holder.url, `${path}.image_url.url`);
  const detail = optionalString(holder.detail, `${path}.image_url.detail`);
  const mediaType = optionalString(holder.format, `${path}.image_url.format`);
  return {
    type: 'image',
    source: readUrl(url, mediaType, 'image/png'),
    ...(detail === undefined ? {} : { detail }),
    ...marked(part),
  };
}

function readAudio(part: JsonObject, path: string): Part {
  const audio = requiredObject(part.input_audio, `${path}.input_audio`);
  const told = requiredName(audio.data, `${path}.input_audio.data`);
  const audioFormat = optionalString(audio.format, `${path}.input_audio.format`) ?? 'wav';
  const source = readUrl(told, undefined, mediaTypeOfAudio(audioFormat));
  // Bare base64 is what OpenAI takes; DashScope also takes a URL or a `data:` URL in the same place.
  const bare = source.kind === 'url' && !/^https?:/i.test(told);
  return {
    type: 'audio',
    source: bare ? { kind: 'data', data: told, mediaType: mediaTypeOfAudio(audioFormat) } : source,
    audioFormat,
  };
}

function readFile(part: JsonObject, path: string): Part {
  const file = requiredObject(part.file, `${path}.file`);
  const filename = optionalString(file.filename, `${path}.file.filename`);
  const mediaType = optionalString(file.format, `${path}.file.format`);
  return {
    type: 'document',
    source: readFileSource(file, path, filename, mediaType),
    ...(filename === undefined ? {} : { filename }),
    ...marked(part),
  };
}

function readFileSource(
  file: JsonObject,
  path: string,
  filename: string | undefined,
  mediaType: string | undefined,
): MediaSource {
  const data = optionalString(file.file_data, `${path}.file.file_data`);
  if (data !== undefined) {
    if (/^(?:data|https?):/i.test(data)) return readUrl(data, mediaType, mediaTypeOfFile(filename));
    return { kind: 'data', data, mediaType: mediaType ?? mediaTypeOfFile(filename) };
  }
  const fileId = optionalString(file.file_id, `${path}.file.file_id`);
  if (fileId === undefined) {
    throw new FormatError(`${path}.file`, `'${path}.file' must hold 'file_data' or 'file_id'.`);
  }
  const type = mediaType === undefined ? {} : { mediaType };
  // LiteLLM takes addresses in place of an id.
  return /^(?:https?|gs):\/\//i.test(fileId)
    ? { kind: 'url', url: fileId, ...type }
    : { kind: 'file', fileId, ...type };
}

function readVideo(part: JsonObject, path: string): Part {
  const video = typeof part.video_url === 'string' ? { url: part.video_url } : part.video_url;
  const url = requiredName(requiredObject(video, `${path}.video_url`).url, `${path}.video_url.url`);
  return { type: 'video', source: readUrl(url, undefined, 'video/mp4') };
}

function readRefusal(part: JsonObject, path: string): Part {
  return { type: 'refusal', text: requiredString(part.refusal, `${path}.refusal`) };
}

function readThinking(part: JsonObject): Part {
  return readThinkingBlock(part) ?? { type: 'opaque', format: 'openai-chat', value: part };
}

/** LiteLLM takes Anthropic's document block inside OpenAI messages. */
function readDocument(part: JsonObject): Part {
  const source = objectOrNothing(part.source);
  const read = source === undefined ? undefined : readDocumentSource(source);
  if (read === undefined) return { type: 'opaque', format: 'openai-chat', value: part };
  const citations = objectOrNothing(part.citations);
  return {
    type: 'document',
    source: read,
    ...(typeof part.title === 'string' ? { filename: part.title } : {}),
    ...(typeof part.context === 'string' ? { context: part.context } : {}),
    ...(typeof citations?.enabled === 'boolean' ? { citationsEnabled: citations.enabled } : {}),
    ...marked(part),
  } satisfies DocumentPart;
}

function readDocumentSource(source: JsonObject): MediaSource | undefined {
  const mediaType = typeof source.media_type === 'string' ? source.media_type : 'application/pdf';
  if (source.type === 'text' && typeof source.data === 'string') {
    return { kind: 'text', text: source.data, mediaType: 'text/plain' };
  }
  if (source.type === 'base64' && typeof source.data === 'string') {
    return { kind: 'data', data: source.data, mediaType };
  }
  if (source.type === 'url' && typeof source.url === 'string') return { kind: 'url', url: source.url };
  if (source.type === 'file' && typeof source.file_id === 'string') return { kind: 'file', fileId: source.file_id };
  return undefined;
}

const READERS: ReadonlyMap<string, (part: JsonObject, path: string) => Part> = new Map([
  ['text', readText],
  ['image_url', readImage],
  ['input_audio', readAudio],
  ['file', readFile],
  ['video_url', readVideo],
  ['refusal', readRefusal],
  ['thinking', readThinking],
  ['redacted_thinking', readThinking],
  ['document', readDocument],
]);
