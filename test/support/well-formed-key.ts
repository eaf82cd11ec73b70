import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Whether a key has the shape and the checksum of one that the gateway makes, as a scanner for leaked keys would check it: `sk-`,
 * 43 letters of secret, and the CRC-32 of the secret in six letters of base 62.
 */
export function isWellFormedKey(key: string): boolean {
  const [, secret, checksum] = /^sk-([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(key) ?? [];
  if (secret === undefined || checksum === undefined) return false;
  return [...checksum].reduce((value, letter) => value * 62 + ALPHABET.indexOf(letter), 0) === crc32(secret);
}
