import { hash } from 'node:crypto';

/** Hashes a key for storage and lookup: SHA-256 in hex. A key has 256 random bits, so a plain hash is enough. */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}
