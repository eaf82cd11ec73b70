/**
 * Opens NaCl's secretbox (XSalsa20 and Poly1305), which Node.js has no function for. Written from
 * https://cr.yp.to/snuffle/salsafamily-20071225.pdf, https://cr.yp.to/snuffle/xsalsa-20110204.pdf and RFC 8439 (2026-11-29), for
 * the short texts of one import: it opens, and never seals.
 */
import { timingSafeEqual } from 'node:crypto';

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const BLOCK_BYTES = 64;
const ROUNDS = 20;
/** `expand 32-byte k`. */
const SIGMA = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);

/** The text in a box of nonce, tag and ciphertext; undefined if the key is not the one, or the box was changed. */
export function openSecretbox(box: Uint8Array, key: Uint8Array): Buffer | undefined {
  if (box.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const bytes = Buffer.from(box.buffer, box.byteOffset, box.length);
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const ciphertext = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  const subkey = hsalsa20(wordsOf(key), wordsOf(nonce.subarray(0, 16)));
  const rest = wordsOf(nonce.subarray(16));
  const first = salsa20Block(subkey, rest, 0);
  if (!timingSafeEqual(poly1305(ciphertext, first.subarray(0, 32)), tag)) return undefined;
  // The first 32 bytes of the stream are the key of the tag.
  const text = Buffer.alloc(ciphertext.length);
  let block = first;
  for (let at = 0; at < ciphertext.length; at++) {
    const place = at + 32;
    if (place % BLOCK_BYTES === 0) block = salsa20Block(subkey, rest, place / BLOCK_BYTES);
    text[at] = (ciphertext[at] ?? 0) ^ (block[place % BLOCK_BYTES] ?? 0);
  }
  return text;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const buffer = Buffer.from(bytes);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => buffer.readUInt32LE(index * 4));
}

/** The state of Salsa20: constants on the diagonal, the key, and four words of input. */
function stateOf(key: Uint32Array, input: Uint32Array): Uint32Array {
  const state = new Uint32Array(16);
  for (let index = 0; index < 4; index++) {
    state[index * 5] = SIGMA[index] ?? 0;
    state[1 + index] = key[index] ?? 0;
    state[11 + index] = key[4 + index] ?? 0;
    state[6 + index] = input[index] ?? 0;
  }
  return state;
}

/** The quarters of a double round: four columns, then four rows. */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function rounds(state: Uint32Array): Uint32Array {
  const x = Uint32Array.from(state);
  const mix = (to: number, one: number, other: number, bits: number): void => {
    const sum = ((x[one] ?? 0) + (x[other] ?? 0)) >>> 0;
    x[to] = (x[to] ?? 0) ^ ((sum << bits) | (sum >>> (32 - bits)));
  };
  for (let round = 0; round < ROUNDS; round += 2) {
    for (const [a, b, c, d] of QUARTERS) {
      mix(b, a, d, 7);
      mix(c, b, a, 9);
      mix(d, c, b, 13);
      mix(a, d, c, 18);
    }
  }
  return x;
}

/** Derives the key of one long nonce from its first 16 bytes. */
function hsalsa20(key: Uint32Array, input: Uint32Array): Uint32Array {
  const x = rounds(stateOf(key, input));
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (index) => x[index] ?? 0);
}

function salsa20Block(key: Uint32Array, nonce: Uint32Array, counter: number): Buffer {
  const state = stateOf(key, Uint32Array.of(nonce[0] ?? 0, nonce[1] ?? 0, counter, 0));
  const mixed = rounds(state);
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let index = 0; index < 16; index++) {
    block.writeUInt32LE(((mixed[index] ?? 0) + (state[index] ?? 0)) >>> 0, index * 4);
  }
  return block;
}

const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const r = numberOf(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    sum = ((sum + numberOf(part) + (1n << BigInt(8 * part.length))) * r) % PRIME;
  }
  const tag = (sum + numberOf(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

/** Bytes as a number, the lowest first. */
function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}
