/** The key under which an answer is kept: it tells apart whatever may not share an answer, and says nothing of any of it. */
import { hash } from 'node:crypto';

/** All that a key is made of. Who may see the answer comes first. */
export interface KeyParts {
  /** `team`, `user`, `key`, `org`, `global`. */
  readonly scopeKind: string;
  readonly scopeId: string;
  /** A part of the scope that the operator named; empty if it named none. */
  readonly namespace: string;
  /** The same of the request. */
  readonly ownNamespace: string;
  readonly operation: string;
  /** The name that the client asked for, which its answer carries. */
  readonly asked: string;
  readonly group: string;
  /** What the group consists of: another model or provider behind the same name is another key. */
  readonly groupMark: string;
  /** What else decides where a request goes and what it means there: tags, regions, headers that are handed on. */
  readonly way: string;
  readonly request: string;
}

/** Changes when what is kept, or what keys are made of, changes. */
const VERSION = 'answer-1';
/** The block of SHA-256. */
const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;
/** How many scopes are remembered with their names. */
const MOST_NAMES = 10_000;

/**
 * Makes keys: HMAC-SHA256 over the parts, each behind its length in bytes, so that no two lists of parts run together into the same
 * bytes. Without the secret a key does not say what was asked, and the key of a guess cannot be computed.
 */
export class AnswerKeys {
  readonly #inner: Buffer;
  readonly #outer: Buffer;
  readonly #names = new Map<string, string>();

  /** `secret`: 32 bytes. */
  constructor(secret: Buffer) {
    const block = Buffer.concat([secret, Buffer.alloc(BLOCK_BYTES - secret.length)]);
    this.#inner = block.map((byte) => byte ^ INNER) as Buffer;
    this.#outer = block.map((byte) => byte ^ OUTER) as Buffer;
  }

  /** The key of an answer. */
  keyOf(parts: KeyParts): string {
    const { scopeKind, scopeId, namespace, ownNamespace, operation, asked, group, groupMark, way, request } = parts;
    const scope = [VERSION, scopeKind, scopeId, namespace, ownNamespace];
    return this.#hmac([...scope, operation, asked, group, groupMark, way, request]);
  }

  /** What a store calls a scope: the name does not say whose it is. */
  nameOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
    const scope = `${kind.length}:${kind}:${id}`;
    let name = this.#names.get(scope);
    if (name === undefined) {
      if (this.#names.size >= MOST_NAMES) this.#names.clear();
      name = this.#hmac([VERSION, 'scope', kind, id]);
      this.#names.set(scope, name);
    }
    return name;
  }

  /** By its definition (RFC 2104), because making an object for each costs more than the hashes. */
  #hmac(parts: readonly string[]): string {
    let text = '';
    for (const part of parts) text += lengthPrefixed(part);
    const inner = hash('sha256', Buffer.concat([this.#inner, Buffer.from(text)]), 'buffer');
    return hash('sha256', Buffer.concat([this.#outer, inner]), 'hex');
  }
}

/** Halves of surrogate pairs, which bytes cannot say, are written with escapes. */
function lengthPrefixed(part: string): string {
  if (part.isWellFormed()) return `u${Buffer.byteLength(part)}:${part}`;
  const escaped = JSON.stringify(part);
  return `e${escaped.length}:${escaped}`;
}
