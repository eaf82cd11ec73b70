/** A configuration as written: plain maps, lists and scalars that remember the file and the place they came from. */
import type { LineCounter } from 'yaml';
import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';

/** A file that was read, with the starts of its lines. */
export interface Source {
  readonly file: string;
  readonly lines: LineCounter;
}

/** A position in a file, in characters from its start; line and column are computed on demand. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
}

/** A text, number, boolean or null. Variables in it are filled in once, in place. */
export interface ScalarNode extends Place {
  readonly kind: 'scalar';
  value: string | number | boolean | null;
  /** How a number was spelled (`007`), for settings that are texts. */
  readonly written?: string;
  /** Whether variables have been filled in already; a shared (aliased) node is met more than once. */
  isResolved?: boolean;
  /** Whether the value, or a part of it, came from a variable: then it is not a literal of the file. */
  fromVariable?: boolean;
  /** The variables it names that are not set; its value is null then. */
  missing?: readonly string[];
}

export interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: ConfigNode[];
}

/** A member of a map; its place is that of the key. */
export interface MapEntry extends Place {
  readonly key: string;
  readonly value: ConfigNode;
}

export interface MapNode extends Place {
  readonly kind: 'map';
  readonly entries: Map<string, MapEntry>;
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** The line and column of a place, both from 1. */
export function lineAndColumn(place: Place): { readonly line: number; readonly column: number } {
  const { line, col } = place.source.lines.linePos(place.offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** A place as messages name it: `config.yaml:3:5`. */
export function positionOf(place: Place): string {
  const { line, column } = lineAndColumn(place);
  return `${place.source.file}:${line}:${column}`;
}

/** The node as plain JSON; null for what is not set. */
export function toJson(node: ConfigNode): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  return mapToJson(node);
}

/** A map as a plain JSON object, members that are null or unset included as null. */
function mapToJson(node: MapNode): JsonObject {
  const object: JsonObject = {};
  for (const entry of node.entries.values()) setMember(object, entry.key, toJson(entry.value));
  return object;
}

/** The value of a map's member, or undefined. */
export function member(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The text of a scalar as written, or undefined if the node is not a scalar or is empty. */
export function textOf(node: ConfigNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.written ?? String(node.value));
}

/** The entries of `model_list` by their positions, as deployments name them. */
export function placesByPosition(root: MapNode): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const list = root.entries.get('model_list')?.value;
  for (const item of list?.kind === 'list' ? list.items : []) {
    const { line, col } = item.source.lines.linePos(item.offset);
    places.set(`${item.source.file}:${line}:${col}`, item);
  }
  return places;
}

/** Several maps as one: a member of a later one wins unless it is empty. */
export function merged(layers: readonly (ConfigNode | undefined)[]): MapNode | undefined {
  const maps = layers.filter((layer) => layer?.kind === 'map');
  const last = maps.at(-1);
  if (last === undefined || maps.length === 1) return last;
  return { ...last, entries: new Map(maps.flatMap(({ entries }) => [...entries])) };
}
