/** Reads the content of a message: a string, or a list of parts. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, objectOf, stringOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { refusal } from '../body-reader.ts';
import type { DocumentPart, MediaSource, Part } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import { readerOf } from './fields.ts';
import { mediaTypeOfAudio, mediaTypeOfFile, readUrl } from './media.ts';
import { readGoogleSignature, readThinkingBlock } from './thinking-blocks.ts';

/** Reads `content`; `nullable` if a message may do without (assistant, tool). An empty string is a part of its own. */
export function readContent(message: JsonReader, nullable: boolean): readonly Part[] {
  const value = message.get('content');
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (value === undefined && nullable) return [];
  if (!Array.isArray(value)) throw message.wrong('content', 'a string or an array of content parts');
  const path = message.pathOf('content');
  return value.map((part, index) => {
    // Some clients put bare strings between the parts.
    if (typeof part === 'string') return { type: 'text', text: part };
    return readPart(readerOf(part, `${path}[${index}]`));
  });
}

/** Reads one content part; a kind that only this format knows stays as it is. */
function readPart(part: JsonReader): Part {
  const type = part.get('type');
  if (typeof type !== 'string' || type === '') {
    throw part.refusal('type', `must name the kind of part ('text', 'image_url', 'input_audio', 'file', …)`);
  }
  return READERS.get(type)?.(part) ?? { type: 'opaque', format: 'openai-chat', value: part.value };
}

function readText(part: JsonReader): Part {
  const text = part.requiredString('text');
  const cacheMark = readCacheMark(part.value);
  const signature = readGoogleSignature(part.value);
  // Nearly every part of a long conversation is plain text.
  if (cacheMark === undefined && signature === undefined) return { type: 'text', text };
  return { type: 'text', text, ...defined({ cacheMark, signature }) };
}

/** The object with the address of an image or a video. LiteLLM and several servers also take the address bare. */
function readAddress(part: JsonReader, name: string): { readonly holder: JsonReader; readonly url: string } {
  const bare = part.get(name);
  const holder = typeof bare === 'string' ? readerOf({ url: bare }, part.pathOf(name)) : part.requiredObject(name);
  return { holder, url: holder.requiredName('url') };
}

function readImage(part: JsonReader): Part {
  const { holder, url } = readAddress(part, 'image_url');
  const detail = holder.string('detail');
  return {
    type: 'image',
    source: readUrl(url, holder.string('format'), 'image/png'),
    ...defined({ detail, cacheMark: readCacheMark(part.value) }),
  };
}

function readAudio(part: JsonReader): Part {
  const audio = part.requiredObject('input_audio');
  const data = audio.requiredName('data');
  const audioFormat = audio.string('format') ?? 'wav';
  const mediaType = mediaTypeOfAudio(audioFormat);
  const source = readUrl(data, undefined, mediaType);
  // Bare base64 is what OpenAI takes; DashScope also takes a URL or a `data:` URL in the same place.
  const isBare = source.kind === 'url' && !/^https?:/i.test(data);
  return { type: 'audio', source: isBare ? { kind: 'data', data, mediaType } : source, audioFormat };
}

function readFile(part: JsonReader): Part {
  const file = part.requiredObject('file');
  const filename = file.string('filename');
  return {
    type: 'document',
    source: readFileSource(file, filename, file.string('format')),
    ...defined({ filename, cacheMark: readCacheMark(part.value) }),
  };
}

function readFileSource(file: JsonReader, filename: string | undefined, mediaType: string | undefined): MediaSource {
  const data = file.string('file_data');
  if (data !== undefined) {
    if (/^(?:data|https?):/i.test(data)) return readUrl(data, mediaType, mediaTypeOfFile(filename));
    return { kind: 'data', data, mediaType: mediaType ?? mediaTypeOfFile(filename) };
  }
  const fileId = file.string('file_id');
  if (fileId === undefined) throw refusal(file.path, `must hold 'file_data' or 'file_id'`);
  // LiteLLM takes addresses in place of an id.
  const isAddress = /^(?:https?|gs):\/\//i.test(fileId);
  return { ...(isAddress ? { kind: 'url', url: fileId } : { kind: 'file', fileId }), ...defined({ mediaType }) };
}

function readVideo(part: JsonReader): Part {
  return { type: 'video', source: readUrl(readAddress(part, 'video_url').url, undefined, 'video/mp4') };
}

function readRefusal(part: JsonReader): Part {
  return { type: 'refusal', text: part.requiredString('refusal') };
}

function readThinking(part: JsonReader): Part | undefined {
  return readThinkingBlock(part.value);
}

/** LiteLLM takes Anthropic's document block inside OpenAI messages. */
function readDocument({ value: part }: JsonReader): DocumentPart | undefined {
  const given = objectOf(part.source);
  const source = given === undefined ? undefined : readDocumentSource(given);
  if (source === undefined) return undefined;
  const citations = objectOf(part.citations);
  return {
    type: 'document',
    source,
    ...defined({
      filename: stringOf(part.title),
      context: stringOf(part.context),
      citationsEnabled: typeof citations?.enabled === 'boolean' ? citations.enabled : undefined,
      cacheMark: readCacheMark(part),
    }),
  };
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

const READERS: ReadonlyMap<string, (part: JsonReader) => Part | undefined> = new Map<
  string,
  (part: JsonReader) => Part | undefined
>([
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
