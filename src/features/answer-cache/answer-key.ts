/** The key under which an answer is kept: it tells apart whatever may not share an answer, and says nothing of any of it. */
import { createHmac } from 'node:crypto';

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

/**
 * HMAC-SHA256 over the parts, each behind its length in bytes, so that no two lists of parts run together into the same bytes.
 * Without the secret a key does not say what was asked, and the key of a guess cannot be computed.
 */
export function answerKey(secret: Buffer, parts: KeyParts): string {
  const { scopeKind, scopeId, namespace, ownNamespace, operation, asked, group, groupMark, way, request } = parts;
  return hmacOf(secret, [
    VERSION,
    scopeKind,
    scopeId,
    namespace,
    ownNamespace,
    operation,
    asked,
    group,
    groupMark,
    way,
    request,
  ]);
}

/** What a store calls a scope: the name does not say whose it is. */
export function scopeName(secret: Buffer, { kind, id }: { readonly kind: string; readonly id: string }): string {
  return hmacOf(secret, [VERSION, 'scope', kind, id]);
}

function hmacOf(secret: Buffer, parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += lengthPrefixed(part);
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Halves of surrogate pairs, which bytes cannot say, are written with escapes. */
function lengthPrefixed(part: string): string {
  return part.isWellFormed()
    ? `u${Buffer.byteLength(part)}:${part}`
    : `e${JSON.stringify(part).length}:${JSON.stringify(part)}`;
}
