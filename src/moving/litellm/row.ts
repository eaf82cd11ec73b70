/** Reading rows of LiteLLM's tables, whose columns differ from version to version: what a version lacks is absent. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../../core/money.ts';

/** A row that cannot be imported, and why, as the end of a sentence. Holds no value of the row but names. */
export class RefusedRow extends Error {
  override readonly name = 'RefusedRow';
}

/** The id of a row, which must be there. */
export function idOf(row: JsonObject, column: string): string {
  const id = row[column];
  if (typeof id !== 'string' || id === '') throw new RefusedRow(`has no ${column}`);
  if (Buffer.byteLength(id) > 256) throw new RefusedRow(`has a ${column} of more than 256 bytes`);
  return id;
}

/** A moment; LiteLLM writes them in UTC without saying so. */
export function timeOf(value: JsonValue | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  const atMs = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isFinite(atMs) ? atMs : undefined;
}

/** A JSON column, which some versions wrote as a text of JSON. */
export function jsonOf(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return undefined;
  }
}

/** A JSON column that holds an object; empty for anything else. */
export function objectIn(value: JsonValue | undefined): JsonObject {
  const read = jsonOf(value);
  return isJsonObject(read) ? read : {};
}

/** The texts of an array. */
export function textsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** An amount that was spent; nothing for anything that is not an amount. Rounding errors below zero are nothing too. */
export function spentIn(value: JsonValue | undefined): PicoUsd {
  if (typeof value !== 'number' || !(value > 0)) return 0n;
  return picoUsdFromUsd(value) ?? 0n;
}

/** Whether a value says nothing: null, an empty list or an empty object. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The members of an object that say something. */
export function withoutEmpty(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
}
