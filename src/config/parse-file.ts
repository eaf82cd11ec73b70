/** Reads one YAML (or JSON) text into nodes, within bounds that a hostile file cannot exceed. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigNode, ListNode, MapEntry, MapNode, Source } from './config-node.ts';
import type { Findings } from './finding.ts';
import { sentence, yamlFaults } from './yaml-faults.ts';

/** The largest file that is read, in bytes. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
/** Most nodes of one file, each alias counted as all that it repeats: this stops an alias bomb. */
const MAX_NODES = 3_000_000;
const MAX_DEPTH = 64;
/** Keys with a meaning in JavaScript objects and none in a configuration. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Thrown when a file exceeds a bound; never leaves this file. */
class BoundExceeded extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Parses a text; returns undefined if nothing in it is usable, with the reasons among the findings. */
export function parseConfigText(file: string, text: string, findings: Findings): ConfigNode | undefined {
  const lines = new LineCounter();
  const source: Source = { file, lines };
  try {
    // uniqueKeys off: the library compares every pair of keys, which a map of 100,000 keys turns into minutes. We look ourselves.
    const document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      // `silent` would pass over a second document.
      logLevel: 'error',
      keepSourceTokens: false,
    });
    for (const { offset, message } of yamlFaults(document, text)) {
      findings.add('error', 'not-yaml', { source, offset }, `not valid YAML: ${message}`);
    }
    for (const problem of document.warnings.slice(0, 50)) {
      findings.add('warning', 'not-yaml', { source, offset: problem.pos[0] }, sentence(problem.message));
    }
    if (document.errors.length > 0) return undefined;
    return new Converter(source, findings).convert(document.contents, 0);
  } catch (error) {
    if (error instanceof BoundExceeded) {
      findings.add('error', 'file-too-large', { source, offset: error.offset }, error.message);
      return undefined;
    }
    // The library recurses over nesting; thousands of open brackets exhaust its stack. Whatever it throws, the text is the cause.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : 'the parser gave up on it';
    findings.add('error', 'not-yaml', { source, offset: 0 }, `not valid YAML: ${reason}`);
    return undefined;
  }
}

/** A number in YAML 1.1, which LiteLLM reads, that is a text in YAML 1.2: `20_000`, `0.000_001`. */
const NUMBER_IN_GROUPS = /^[-+]?(?=[^_]*_)(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/;
/** An octal number in YAML 1.1, a decimal one in YAML 1.2. */
const OCTAL = /^[-+]?0[0-7]+$/;

class Converter {
  readonly #source: Source;
  readonly #findings: Findings;
  /** Anchors met so far; YAML lets a name be reused, the latest one before the alias counts. Undefined while it is being read. */
  readonly #anchors = new Map<string, { readonly node: ConfigNode; readonly size: number } | undefined>();
  #size = 0;

  constructor(source: Source, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  convert(yamlNode: unknown, depth: number, fallbackOffset = 0): ConfigNode {
    const range = (yamlNode as { range?: readonly number[] | null } | null)?.range;
    const offset = range?.[0] ?? fallbackOffset;
    this.#size += 1;
    if (this.#size > MAX_NODES)
      throw new BoundExceeded(`the file holds more than ${MAX_NODES} values, aliases counted`, offset);
    if (depth > MAX_DEPTH) throw new BoundExceeded(`nested more than ${MAX_DEPTH} levels deep`, offset);
    if (isAlias(yamlNode)) return this.#alias(yamlNode.source, offset);
    const anchor = (yamlNode as { anchor?: string } | null)?.anchor;
    const sizeBefore = this.#size;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const node = this.#plain(yamlNode, offset, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, { node, size: this.#size - sizeBefore + 1 });
    return node;
  }

  #alias(name: string, offset: number): ConfigNode {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const reason = this.#anchors.has(name) ? 'is inside the value that it names' : 'names no anchor before it';
      this.#findings.add('error', 'not-yaml', { source: this.#source, offset }, `the alias *${name} ${reason}`);
      return { kind: 'scalar', source: this.#source, offset, value: null };
    }
    this.#size += target.size;
    return target.node;
  }

  #plain(yamlNode: unknown, offset: number, depth: number): ConfigNode {
    const source = this.#source;
    if (isMap(yamlNode)) return this.#map(yamlNode.items, offset, depth);
    if (isSeq(yamlNode)) {
      const node: ListNode = { kind: 'list', source, offset, items: [] };
      for (const item of yamlNode.items) node.items.push(this.convert(item, depth + 1, offset));
      return node;
    }
    if (isScalar(yamlNode)) {
      const { value, source: written = '' } = yamlNode;
      if (typeof value === 'number') {
        this.#warnOfOctal(written, offset);
        return { kind: 'scalar', source, offset, value, ...(written !== '' && { written }) };
      }
      if (yamlNode.type === 'PLAIN' && typeof value === 'string' && NUMBER_IN_GROUPS.test(value))
        return { kind: 'scalar', source, offset, value: Number(value.replaceAll('_', '')), written: value };
      if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'scalar', source, offset, value };
      if (typeof value === 'bigint')
        return { kind: 'scalar', source, offset, value: Number(value), written: String(value) };
    }
    return { kind: 'scalar', source, offset, value: null };
  }

  #warnOfOctal(written: string, offset: number): void {
    if (!OCTAL.test(written)) return;
    const octal = Number.parseInt(written, 8);
    const message = `${written} is read as ${Number(written)}, but by YAML 1.1, and so by LiteLLM, as ${octal}: write the number that you mean without the first 0`;
    this.#findings.add('warning', 'not-yaml', { source: this.#source, offset }, message);
  }

  #map(items: readonly { key: unknown; value: unknown }[], offset: number, depth: number): MapNode {
    const source = this.#source;
    const node: MapNode = { kind: 'map', source, offset, entries: new Map() };
    const merged: MapNode[] = [];
    for (const pair of items) {
      const keyOffset = (pair.key as { range?: readonly number[] | null } | null)?.range?.[0] ?? offset;
      const place = { source, offset: keyOffset };
      if (!isScalar(pair.key)) {
        this.#findings.add('error', 'not-yaml', place, 'a key must be a plain text, not a list, a map or an alias');
        continue;
      }
      const key = typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? String(pair.key.value));
      const value = this.convert(pair.value, depth + 1, keyOffset);
      if (key === '<<') {
        merged.push(...(value.kind === 'list' ? value.items : [value]).filter((part) => part.kind === 'map'));
        continue;
      }
      if (FORBIDDEN_KEYS.has(key)) {
        this.#findings.add('error', 'forbidden-key', place, `the key "${key}" is not allowed; rename or remove it`);
        continue;
      }
      const earlier = node.entries.get(key);
      if (earlier !== undefined) {
        const line = source.lines.linePos(earlier.offset).line;
        const message = `the key "${key.slice(0, 80)}" is written twice in the same map (first in line ${line}); keep one of them`;
        this.#findings.add('error', 'duplicate-key', place, message);
        continue;
      }
      const entry: MapEntry = { key, source, offset: keyOffset, value };
      node.entries.set(key, entry);
    }
    // `<<: *defaults`, which YAML 1.1 (and so LiteLLM) knows: own members win, then the earlier of several merged maps.
    for (const part of merged) {
      for (const entry of part.entries.values()) if (!node.entries.has(entry.key)) node.entries.set(entry.key, entry);
    }
    this.#size += merged.reduce((sum, part) => sum + part.entries.size, 0);
    return node;
  }
}
