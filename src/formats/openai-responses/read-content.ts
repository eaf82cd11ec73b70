/** The parts of a message, a tool's output or an answer → neutral parts. */
import { defined } from '../../core/defined.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { CacheMark, DocumentPart, ImagePart, MediaSource, Part } from '../neutral/conversation.ts';
import { mediaTypeOfAudio, mediaTypeOfFile, readUrl } from '../openai-chat/media.ts';
import { readAnnotations } from './annotations.ts';

/** Reads a member that is a text or a list of parts. */
export function readContent(holder: JsonReader, name: string): Part[] {
  const value = holder.get(name);
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  if (!Array.isArray(value)) throw holder.wrong(name, 'a string or an array of content parts');
  return holder.requiredObjects(name).map(readPart);
}

function readPart(part: JsonReader): Part {
  switch (part.requiredString('type')) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return {
        type: 'text',
        text: part.requiredString('text'),
        ...defined({ citations: readAnnotations(part.get('annotations')), cacheMark: readCacheMark(part) }),
      };
    case 'refusal':
      return { type: 'refusal', text: part.requiredString('refusal') };
    case 'input_image':
      return readImage(part);
    case 'input_file':
      return readFile(part);
    case 'input_audio': {
      const audio = part.requiredObject('input_audio');
      const audioFormat = audio.string('format') ?? 'wav';
      const data = audio.requiredString('data');
      return { type: 'audio', source: { kind: 'data', data, mediaType: mediaTypeOfAudio(audioFormat) }, audioFormat };
    }
    default:
      return { type: 'opaque', format: 'openai-responses', value: part.value };
  }
}

/** OpenAI's own mark for its prompt cache. No other provider has its lifetimes. */
function readCacheMark(part: JsonReader): CacheMark | undefined {
  return part.object('prompt_cache_breakpoint') === undefined ? undefined : {};
}

function readImage(part: JsonReader): ImagePart {
  const address = part.string('image_url');
  const fileId = part.string('file_id');
  if (address === undefined && fileId === undefined)
    throw part.refusal('image_url', `is missing: send it, or 'file_id'`);
  const source: MediaSource =
    address === undefined ? { kind: 'file', fileId: fileId ?? '' } : readUrl(address, undefined, 'image/png');
  return { type: 'image', source, ...defined({ detail: part.string('detail'), cacheMark: readCacheMark(part) }) };
}

function readFile(part: JsonReader): DocumentPart {
  const filename = part.string('filename');
  return {
    type: 'document',
    source: readFileSource(part, filename),
    ...defined({ filename, cacheMark: readCacheMark(part) }),
  };
}

function readFileSource(part: JsonReader, filename: string | undefined): MediaSource {
  const data = part.string('file_data');
  if (data !== undefined) {
    const type = mediaTypeOfFile(filename);
    return /^data:/i.test(data) ? readUrl(data, undefined, type) : { kind: 'data', data, mediaType: type };
  }
  const url = part.string('file_url');
  if (url !== undefined) return { kind: 'url', url };
  const fileId = part.string('file_id');
  if (fileId === undefined) throw part.refusal('file_data', `is missing: send it, 'file_url' or 'file_id'`);
  return { kind: 'file', fileId };
}

/** The content that a tool's output may have: whatever else a part is goes in as its JSON. */
export function asResult(part: Part): Extract<Part, { type: 'text' | 'image' | 'document' }> {
  if (part.type === 'text' || part.type === 'image' || part.type === 'document') return part;
  return { type: 'text', text: JSON.stringify(part.type === 'opaque' ? part.value : part) };
}
