import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { GatewayError } from '../core/errors.ts';

const PIECE_BYTES = 65_536;

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', () => createGunzip({ chunkSize: PIECE_BYTES })],
  ['x-gzip', () => createGunzip({ chunkSize: PIECE_BYTES })],
  ['deflate', () => createInflate({ chunkSize: PIECE_BYTES })],
  ['br', () => createBrotliDecompress({ chunkSize: PIECE_BYTES })],
  ['zstd', () => createZstdDecompress({ chunkSize: PIECE_BYTES })],
]);

/** How a compressed body is unpacked. */
interface Unpacking {
  /** `Content-Encoding`, as sent. */
  readonly encoding: string;
  /** Unpacking stops at this size, with the error of `tooLarge`. */
  readonly maxBytes: number;
  readonly tooLarge: () => GatewayError;
  /** Hears of each piece before it is kept; throws to stop. */
  readonly onPiece: (bytes: number) => void;
}

/** Unpacks a compressed body, piece by piece. */
export function unpack(body: Buffer, { encoding, maxBytes, tooLarge, onPiece }: Unpacking): Promise<Buffer> {
  const open = DECODERS.get(encoding.toLowerCase());
  const shown = encoding.slice(0, 16);
  if (open === undefined) {
    const message = `The gateway cannot decode \`Content-Encoding: ${shown}\`. Send the body uncompressed or as gzip, deflate, br or zstd.`;
    return Promise.reject(new GatewayError('unsupported_media_type', message));
  }
  return new Promise((resolve, reject) => {
    const decoder = open();
    const pieces: Buffer[] = [];
    let size = 0;
    const stop = (error: unknown): void => {
      decoder.destroy();
      reject(error);
    };
    decoder.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > maxBytes) {
        stop(tooLarge());
        return;
      }
      try {
        onPiece(piece.length);
      } catch (error) {
        stop(error);
        return;
      }
      pieces.push(piece);
    });
    decoder.on('end', () => resolve(Buffer.concat(pieces, size)));
    decoder.on('error', () =>
      stop(new GatewayError('invalid_json', `Invalid JSON payload: the body is not valid ${shown}.`)),
    );
    decoder.end(body);
  });
}
