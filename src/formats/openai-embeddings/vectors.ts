/** OpenAI's base64 form of a vector: 32-bit floats, little-endian, one after another. */
import { FormatError } from '../format.ts';

/** Decodes a vector. Throws `FormatError` if the bytes are not a whole number of floats. */
export function readBase64Vector(text: string, path: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) {
    throw new FormatError(path, `'${path}' is not base64 of 32-bit floats.`);
  }
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

/** Encodes a vector. */
export function writeBase64Vector(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}
