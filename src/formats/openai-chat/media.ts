import type { MediaSource } from '../neutral/conversation.ts';

const DATA_URL = /^data:([^;,]*)((?:;[^;,]+)*?);base64,/i;

/** Reads a URL that may be a `data:` URL with base64 content; any other URL stays a URL. */
export function readUrl(url: string, mediaType: string | undefined, fallbackType: string): MediaSource {
  const match = url.length > 5 && url.slice(0, 5).toLowerCase() === 'data:' ? DATA_URL.exec(url.slice(0, 300)) : null;
  if (match === null) return { kind: 'url', url, ...(mediaType === undefined ? {} : { mediaType }) };
  const told = match[1] === undefined || match[1] === '' ? fallbackType : match[1].toLowerCase();
  return { kind: 'data', data: url.slice(match[0].length), mediaType: mediaType ?? told };
}

/** Writes a source as a URL, a `data:` URL if the bytes are at hand; undefined if it is only a file id. */
export function writeUrl(source: MediaSource): string | undefined {
  switch (source.kind) {
    case 'url':
      return source.url;
    case 'data':
      return `data:${source.mediaType};base64,${source.data}`;
    case 'text':
      return `data:${source.mediaType};base64,${Buffer.from(source.text, 'utf8').toString('base64')}`;
    case 'file':
      return undefined;
  }
}

const TYPE_BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
]);

/** The media type of a file by the ending of its name; PDF, which OpenAI's file parts are made for, if it has none. */
export function mediaTypeOfFile(filename: string | undefined): string {
  const ending = filename?.split('.').at(-1)?.toLowerCase();
  return (ending === undefined ? undefined : TYPE_BY_ENDING.get(ending)) ?? 'application/pdf';
}

const AUDIO_TYPES: ReadonlyMap<string, string> = new Map([
  ['mp3', 'audio/mpeg'],
  ['pcm16', 'audio/pcm'],
]);

/** The media type of an audio format as OpenAI names it. */
export function mediaTypeOfAudio(format: string): string {
  return AUDIO_TYPES.get(format) ?? `audio/${format}`;
}

/** OpenAI's name for an audio media type: `audio/mpeg` → `mp3`. */
export function audioFormatOf(mediaType: string): string {
  const subtype = mediaType.split('/').at(-1)?.split(';')[0]?.toLowerCase() ?? 'wav';
  if (subtype === 'mpeg') return 'mp3';
  if (subtype === 'x-wav' || subtype === 'wave') return 'wav';
  return subtype;
}
