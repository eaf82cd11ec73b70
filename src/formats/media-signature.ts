/** What kind of file bytes are, by how they begin. */

/** What a medium is. Which tokens it costs is a question of its kind and size; `text` is a file of text, which costs what text does. */
export type MediumKind = 'image' | 'audio' | 'video' | 'document' | 'text';

/** How files of each kind begin: bytes in latin1, and where they are. */
const SIGNATURES: readonly (readonly [kind: MediumKind, at: number, begins: string])[] = [
  ['image', 0, '\x89PNG\r\n\x1a\n'],
  ['image', 0, '\xff\xd8\xff'],
  ['image', 0, 'GIF87a'],
  ['image', 0, 'GIF89a'],
  ['image', 8, 'WEBP'],
  ['image', 0, 'BM'],
  ['image', 0, 'II*\0'],
  ['image', 0, 'MM\0*'],
  ['audio', 8, 'WAVE'],
  ['audio', 0, 'ID3'],
  ['audio', 0, 'OggS'],
  ['audio', 0, 'fLaC'],
  ['audio', 0, '\xff\xfb'],
  ['audio', 0, '\xff\xf3'],
  ['audio', 0, '\xff\xf2'],
  ['audio', 0, '\xff\xf1'],
  ['audio', 0, '\xff\xf9'],
  ['video', 4, 'ftyp'],
  ['video', 0, '\x1aE\xdf\xa3'],
  ['video', 8, 'AVI '],
  ['video', 0, '\0\0\x01\xba'],
  // Office files: a zip, or the older compound format.
  ['document', 0, 'PK\x03\x04'],
  ['document', 0, '\xd0\xcf\x11\xe0'],
];

/** Readers of PDF accept its mark anywhere in so many first bytes. */
const PDF_MARK_WITHIN = 1_024;

/** The most bytes that are looked at. */
export const SIGNATURE_BYTES = PDF_MARK_WITHIN + 5;

/** The kind of file that bytes begin like; undefined if no known one. */
export function kindOfBytes(head: Buffer): MediumKind | undefined {
  for (const [kind, at, begins] of SIGNATURES) {
    if (head.toString('latin1', at, at + begins.length) === begins) return kind;
  }
  return head.subarray(0, SIGNATURE_BYTES).includes('%PDF-') ? 'document' : undefined;
}

/** Media types of text. */
const TEXT_TYPE =
  /^\s*(?:text\/|[a-z]+\/(?:[^;]*\+)?(?:x-)?(?:json|jsonl|ndjson|xml|yaml|csv|javascript|typescript|ecmascript|markdown|toml|sql|rtf|sh|httpd-php|latex|tex)\s*(?:;|$))/;

/** Whether a media type, in lower case, is one of text. */
export function isTextType(mediaType: string): boolean {
  return TEXT_TYPE.test(mediaType);
}
