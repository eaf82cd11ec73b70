/** Small files of media whose sizes are known. */
import { deflateSync } from 'node:zlib';

/** A PNG that says it has this size; it has no picture. */
export function png(width: number, height: number, more = 0): Buffer {
  const header = Buffer.alloc(33);
  header.write('\x89PNG\r\n\x1a\n', 'latin1');
  header.writeUInt32BE(13, 8);
  header.write('IHDR', 12, 'latin1');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return Buffer.concat([header, Buffer.alloc(more)]);
}

/** A JPEG with a segment before the size. */
export function jpeg(width: number, height: number): Buffer {
  const frame = Buffer.from([0xff, 0xc2, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, 0, 0]);
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0x01, 0x02]), Buffer.alloc(256, 0xc0)]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), segment, frame]);
}

export function gif(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.write('GIF89a');
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  return bytes;
}

export function webp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.write('RIFF');
  bytes.write('WEBPVP8X', 8);
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

/** A PDF; with `isHidden` its pages are in a compressed object stream. */
export function pdf(pages: number, options: { readonly isHidden?: boolean; readonly text?: string } = {}): Buffer {
  const page = '<< /Type /Page /Parent 1 0 R /MediaBox [0 0 612 792] >>\n';
  const content = deflateSync(`BT /F1 12 Tf 72 700 Td (${options.text ?? 'Hello'}) Tj ET`);
  const objects = deflateSync(page.repeat(pages));
  const stream = (dictionary: string, data: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`9 0 obj\n<< ${dictionary} /Length ${data.length} >>\nstream\n`),
      data,
      Buffer.from('\nendstream\nendobj\n'),
    ]);
  return Buffer.concat([
    Buffer.from('%PDF-1.7\n'),
    stream('/Filter /FlateDecode', content),
    options.isHidden === true
      ? stream('/Type /ObjStm /N 9 /First 9 /Filter /FlateDecode', objects)
      : Buffer.from(page.repeat(pages)),
    Buffer.from('trailer << /Root 2 0 R >>\n%%EOF'),
  ]);
}

/** A WAV of 8,000 samples a second, a byte each. */
export function wav(seconds: number): Buffer {
  const bytes = Buffer.alloc(44 + seconds * 8_000);
  bytes.write('RIFF');
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8_000, 24);
  bytes.writeUInt32LE(8_000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  // It claims to be empty.
  return bytes;
}

/** An MP3 of so many frames of 8 kbit/s: each lasts 72 ms at 8,000 samples a second. */
export function mp3(frames: number): Buffer {
  const frame = Buffer.alloc(72);
  frame.set([0xff, 0xe3, 0x18, 0xc4]);
  return Buffer.concat(Array.from({ length: frames }, () => frame));
}

/** An MP4 whose header says one second and whose table of samples says `seconds`. */
export function mp4(seconds: number): Buffer {
  const box = (type: string, ...parts: readonly Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const words = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
    return bytes;
  };
  const table = box('stbl', box('stts', words(0, 1, seconds, 1_000)));
  const media = box('mdia', box('mdhd', words(0, 0, 0, 1_000, 1_000, 0)), box('minf', table));
  return Buffer.concat([
    box('ftyp', Buffer.from('isom')),
    box('moov', box('mvhd', words(0, 0, 0, 1_000, 1_000, 0)), box('trak', media)),
  ]);
}
