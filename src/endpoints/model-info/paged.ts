import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Answering, Question } from '../question.ts';
import { idOf, modelRows } from './index.ts';

const MOST_A_PAGE = 1_000;

/** What rows are sorted by, in LiteLLM's words. */
const SORTS: ReadonlyMap<string, (row: JsonObject) => string | number> = new Map<
  string,
  (row: JsonObject) => string | number
>([
  ['model_name', (row) => String(row.model_name)],
  ['created_at', (row) => textOf(row, 'created_at')],
  ['updated_at', (row) => textOf(row, 'updated_at')],
  ['costs', (row) => numberOf(row, 'input_cost_per_token') + numberOf(row, 'output_cost_per_token')],
  ['status', (row) => (infoOf(row).db_model === true ? 1 : 0)],
]);

/** `GET /v2/model/info`: the rows of `/model/info` in pages, searched and sorted. */
export const pagedModelInfo: Answering = (question) => {
  const { query } = question;
  const size = wholeNumber(query, 'size', 50, MOST_A_PAGE);
  const page = wholeNumber(query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const found = sorted(modelRows(question).filter(filterOf(query)), query);
  const pages = Math.ceil(found.length / size);
  return {
    status: 200,
    body: {
      data: found.slice((page - 1) * size, page * size),
      total_count: found.length,
      current_page: page,
      total_pages: pages,
      size,
    },
  };
};

type Query = Question['query'];

function filterOf({ model, modelId, search, teamId, blocked, access_group: group, wildcard_only: wildcards }: Query) {
  const words = search?.toLowerCase();
  return (row: JsonObject): boolean => {
    const name = String(row.model_name);
    const info = infoOf(row);
    if (model !== undefined && name !== model) return false;
    if (modelId !== undefined && idOf(row) !== modelId) return false;
    if (teamId !== undefined && info.team_id !== teamId) return false;
    if (blocked !== undefined && (info.blocked === true) !== (blocked === 'true')) return false;
    if (wildcards === 'true' && !name.includes('*')) return false;
    if (group !== undefined && !(Array.isArray(info.access_groups) && info.access_groups.includes(group))) return false;
    return words === undefined || name.toLowerCase().includes(words) || modelOf(row).toLowerCase().includes(words);
  };
}

function sorted(rows: JsonObject[], { sortBy, sortOrder = 'asc' }: Query): JsonObject[] {
  if (sortOrder !== 'asc' && sortOrder !== 'desc') throw wrong('sortOrder', 'asc or desc');
  if (sortBy === undefined) return rows;
  const read = SORTS.get(sortBy);
  if (read === undefined) throw wrong('sortBy', `one of ${[...SORTS.keys()].join(', ')}`);
  const sign = sortOrder === 'desc' ? -1 : 1;
  return rows.sort((one, other) => sign * compare(read(one), read(other)));
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function infoOf({ model_info: info }: JsonObject): JsonObject {
  return isJsonObject(info) ? info : {};
}

function modelOf({ litellm_params: params }: JsonObject): string {
  return isJsonObject(params) ? String(params.model) : '';
}

function textOf(row: JsonObject, name: string): string {
  const value = infoOf(row)[name];
  return typeof value === 'string' ? value : '';
}

function numberOf(row: JsonObject, name: string): number {
  const value = infoOf(row)[name];
  return typeof value === 'number' ? value : 0;
}

function wholeNumber(query: Query, name: string, usual: number, most: number): number {
  const text = ownValue(query, name);
  if (text === undefined) return usual;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw wrong(name, most === Number.MAX_SAFE_INTEGER ? 'a whole number from 1' : `a whole number from 1 to ${most}`);
}

function wrong(name: string, wanted: string): GatewayError {
  return new GatewayError('invalid_field', `\`${name}\` must be ${wanted}.`, { param: name });
}
