import { createHash } from 'node:crypto';
import { type Prompt, unmarked } from '../../formats/prompt-blocks.ts';

/** The beginning of a prompt up to the end of one of its blocks. */
export interface Prefix {
  /** Of everything in it, marks left out: equal hashes are equal prompts. Nothing can be read from it. */
  readonly hash: string;
  readonly bytes: number;
  /** How many blocks the provider sees in it. */
  readonly pieces: number;
}

const HASH_LENGTH = 22;

/** The beginnings of a prompt, one for each block. `secret` makes the hashes those of this process. */
export function prefixesOf(body: Buffer, { blocks, staticBlocks, seam }: Prompt, secret: string): readonly Prefix[] {
  const hash = createHash('sha256').update(secret);
  const prefixes: Prefix[] = [];
  let bytes = 0;
  let pieces = 0;
  blocks.forEach((block, index) => {
    if (index === staticBlocks) {
      for (const { start, end } of seam) hash.update('\nseam\n').update(body.subarray(start, end));
    }
    hash.update(`\n${block.part}\n`);
    for (const piece of unmarked(body, block)) {
      hash.update(piece);
      bytes += piece.length;
    }
    pieces += block.pieces;
    prefixes.push({ hash: hash.copy().digest('base64url').slice(0, HASH_LENGTH), bytes, pieces });
  });
  return prefixes;
}
