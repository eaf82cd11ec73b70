/** Reads `model_cost_map_url` that names a file of LiteLLM's prices. */
import { readFileSync, statSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { textOf } from '../config-node.ts';
import type { ReadNode } from '../setting-rows.ts';

/** A list of prices as the operator names it. */
interface ConfiguredPrices {
  readonly source: string;
  /** Where they are fetched: the rows are empty until then. */
  readonly address?: string;
  /** By the names of models. */
  readonly rows: JsonObject;
}

/** LiteLLM's own has 3.5 MB (2026-11). */
export const LARGEST_PRICE_FILE_BYTES = 32 * 1024 * 1024;

/** The rows of a file of prices; undefined if the text is something else: at least one row must be there. */
export function priceRows(text: string): JsonObject | undefined {
  let rows: unknown;
  try {
    rows = parseJson(text);
  } catch {
    return undefined;
  }
  return isJsonObject(rows as JsonObject) && Object.values(rows as JsonObject).some(isJsonObject)
    ? (rows as JsonObject)
    : undefined;
}

/** Reads the setting. What is at an address is fetched when the gateway starts. */
export const readPriceFile: ReadNode<ConfiguredPrices> = (node, path, { findings }) => {
  const written = textOf(node);
  if (written === undefined || written === '') return undefined;
  const wrong = (why: string): undefined => {
    findings.add('error', 'unreadable-file', node, `${path} names the file ${written}, which ${why}`);
  };
  if (/^https?:\/\//i.test(written)) return addressed(written, path, findings, node);
  try {
    if (statSync(written).size > LARGEST_PRICE_FILE_BYTES) return wrong('is larger than 32 MiB');
    const rows = priceRows(readFileSync(written, 'utf8'));
    return rows === undefined
      ? wrong("is not a price file: LiteLLM's is a JSON map from models to their prices")
      : { source: written, rows };
  } catch (error) {
    return wrong(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
};

function addressed(
  written: string,
  path: string,
  findings: Parameters<ReadNode<unknown>>[2]['findings'],
  node: Parameters<ReadNode<unknown>>[0],
): ConfiguredPrices | undefined {
  if (!URL.canParse(written)) {
    findings.add('error', 'wrong-type', node, `${path} must be the path of a file or an http or https URL`);
    return undefined;
  }
  const { origin, pathname } = new URL(written);
  // What stands in the ledger and in logs has no user and no token of the address.
  return { source: origin + pathname, address: written, rows: {} };
}
