/** Where the bytes of media are: the neutral source and Gemini's `inlineData` and `fileData`, in both directions. */
import type { JsonObject } from '../../core/json.ts';
import { imageTypeOf } from '../image-type.ts';
import type { AudioPart, DocumentPart, ImagePart, MediaSource, Part, VideoPart } from '../neutral/conversation.ts';

/** Parts that hold media. */
export type MediaPart = ImagePart | DocumentPart | AudioPart | VideoPart;

const TYPE_BY_ENDING: ReadonlyMap<string, string> = new Map(
  Object.entries({
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
    gif: 'image/gif',
    webp: 'image/webp',
    heic: 'image/heic',
    heif: 'image/heif',
    avif: 'image/avif',
    bmp: 'image/bmp',
    svg: 'image/svg+xml',
    pdf: 'application/pdf',
    txt: 'text/plain',
    md: 'text/markdown',
    csv: 'text/csv',
    html: 'text/html',
    json: 'application/json',
    mp3: 'audio/mp3',
    wav: 'audio/wav',
    ogg: 'audio/ogg',
    flac: 'audio/flac',
    aac: 'audio/aac',
    aiff: 'audio/aiff',
    m4a: 'audio/mp4',
    mp4: 'video/mp4',
    mpeg: 'video/mpeg',
    mpg: 'video/mpeg',
    mov: 'video/mov',
    webm: 'video/webm',
    avi: 'video/avi',
    wmv: 'video/wmv',
    flv: 'video/x-flv',
    '3gp': 'video/3gpp',
  }),
);

const TYPE_BY_PART: Readonly<Record<MediaPart['type'], string>> = {
  image: 'image/jpeg',
  document: 'application/pdf',
  audio: 'audio/mp3',
  video: 'video/mp4',
};

const FILES_API = 'https://generativelanguage.googleapis.com/v1beta/';

/** A part of a request for media; undefined for a file of another provider, which Gemini cannot fetch. */
export function writeMedia(part: MediaPart): JsonObject | undefined {
  const { source } = part;
  switch (source.kind) {
    case 'text':
      return { text: source.text };
    case 'data':
      return { inlineData: { mimeType: mediaTypeOfData(source.mediaType, part, source.data), data: source.data } };
    case 'url':
      return { fileData: fileData(source.url, source.mediaType, part) };
    case 'file': {
      const uri = fileUri(source.fileId);
      return uri === undefined ? undefined : { fileData: fileData(uri, source.mediaType, part) };
    }
  }
}

function mediaTypeOfData(mediaType: string, part: MediaPart, data: string): string {
  const actual = part.type === 'image' ? imageTypeOf(data) : undefined;
  if (actual !== undefined) return actual;
  return mediaType === '' ? guessType(part, undefined) : mediaType;
}

function fileData(uri: string, mediaType: string | undefined, part: MediaPart): JsonObject {
  // A video page has no media type, and Google wants none for it (https://ai.google.dev/gemini-api/docs/video-understanding, 2026-11-23).
  if (mediaType === undefined && /^https?:\/\/(?:www\.|m\.)?(?:youtube\.com|youtu\.be)\//i.test(uri))
    return { fileUri: uri };
  return { mimeType: mediaType ?? guessType(part, uri), fileUri: uri };
}

function guessType(part: MediaPart, uri: string | undefined): string {
  if (part.type === 'audio' && part.audioFormat !== undefined)
    return TYPE_BY_ENDING.get(part.audioFormat) ?? `audio/${part.audioFormat}`;
  const path = uri?.split(/[?#]/)[0] ?? (part.type === 'document' ? part.filename : undefined);
  const ending = path === undefined ? undefined : /\.([A-Za-z0-9]{1,5})$/.exec(path)?.[1]?.toLowerCase();
  const known = ending === undefined ? undefined : TYPE_BY_ENDING.get(ending);
  return known ?? TYPE_BY_PART[part.type];
}

function fileUri(fileId: string): string | undefined {
  if (/^(?:https?|gs):\/\//.test(fileId)) return fileId;
  return fileId.startsWith('files/') ? `${FILES_API}${fileId}` : undefined;
}

/** The neutral part of inline data, by its media type. */
export function readInlineData(mimeType: string, data: string): MediaPart {
  const source: MediaSource = { kind: 'data', data, mediaType: mimeType };
  return mediaPart(mimeType, source);
}

/** The neutral part of file data, by its media type or the ending of its address. */
export function readFileData(fileUriText: string, mimeType: string | undefined): MediaPart {
  const ending = /\.([A-Za-z0-9]{1,5})(?:[?#]|$)/.exec(fileUriText)?.[1]?.toLowerCase() ?? '';
  const guessed = mimeType ?? TYPE_BY_ENDING.get(ending);
  const told = mimeType === undefined ? {} : { mediaType: mimeType };
  const source: MediaSource = fileUriText.startsWith(`${FILES_API}files/`)
    ? { kind: 'file', fileId: fileUriText.slice(FILES_API.length), ...told }
    : { kind: 'url', url: fileUriText, ...told };
  return mediaPart(guessed ?? (/youtu\.?be/.test(fileUriText) ? 'video/mp4' : 'application/octet-stream'), source);
}

function mediaPart(mimeType: string, source: MediaSource): MediaPart {
  const [family = ''] = mimeType.toLowerCase().split('/');
  if (family === 'image') return { type: 'image', source };
  if (family === 'video') return { type: 'video', source };
  if (family === 'audio') return { type: 'audio', source, audioFormat: audioFormatOf(mimeType) };
  return { type: 'document', source };
}

/** The name OpenAI gives an audio format: `audio/mpeg` → `mp3`, `audio/L16;rate=24000` → `pcm16`. */
function audioFormatOf(mimeType: string): string {
  const subtype = (mimeType.split('/')[1]?.split(';')[0] ?? '').toLowerCase();
  if (subtype === 'mpeg') return 'mp3';
  if (subtype === 'l16' || subtype === 'pcm') return 'pcm16';
  return subtype === 'x-wav' || subtype === 'wave' ? 'wav' : subtype;
}

/** Tells media from the other kinds of parts. */
export function isMediaPart(part: Part): part is MediaPart {
  return part.type === 'image' || part.type === 'document' || part.type === 'audio' || part.type === 'video';
}
