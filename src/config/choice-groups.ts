/** Reads entries of `model_list` whose model is `auto_router/…`: groups that choose among other groups. */
import { readFileSync, statSync } from 'node:fs';

import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Section } from './section.ts';
import type { PARAMS } from './settings/model-list.ts';

/** How hard a request may be, in LiteLLM's words, upwards. */
const TIERS = ['SIMPLE', 'MEDIUM', 'COMPLEX', 'REASONING'] as const;

/** A route of LiteLLM's `auto_router`: the requests that a candidate is meant for, by examples. */
interface ChoiceRoute {
  readonly candidate: string;
  readonly utterances: readonly string[];
}

/** A group that chooses among others. */
export interface ChoiceGroup {
  readonly group: string;
  /** By predicted quality and cost; by LiteLLM's tiers; by LiteLLM's examples. */
  readonly kind: 'cost-quality' | 'complexity' | 'routes';
  /** The names of groups, the weakest first. */
  readonly candidates: readonly string[];
  readonly baseline: string;
  readonly qualityFloor: number;
  /** For each of `TIERS` the candidates that may serve it; empty: those that are strong enough. */
  readonly tiers: readonly (readonly string[])[];
  readonly routes: readonly ChoiceRoute[];
  /** The candidate of what nothing else decides. */
  readonly otherwise: string | undefined;
  readonly router: { readonly file: string; readonly text: string } | undefined;
  /** The candidates of the router's models, where their names differ. */
  readonly routerModels: ReadonlyMap<string, string>;
}

type Params = Section<typeof PARAMS.rows>;

const DEFAULT_FLOOR = 0.95;
const MOST_CANDIDATES = 30;
const MOST_UTTERANCES = 1_000;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/** The group, or why it cannot be served. */
export function readChoiceGroup(
  group: string,
  written: string,
  params: Params,
  context: ReadingContext,
): ChoiceGroup | string {
  const kind = written.slice(written.indexOf('/') + 1);
  if (kind === 'quality_router' || kind === 'adaptive_router')
    return `it is LiteLLM's ${kind}; auto_router/cost-quality with candidates does the same here`;
  if (kind === 'complexity_router') return complexity(group, params);
  if (kind === 'cost-quality' || params.has('candidates')) return costQuality(group, params, context);
  return byRoutes(group, params);
}

function costQuality(group: string, params: Params, context: ReadingContext): ChoiceGroup | string {
  const candidates = [...(new Set(params.get('candidates') ?? []) as Iterable<string>)];
  if (candidates.length === 0) return 'it has no candidates: list the groups to choose from, the weakest first';
  const models = params.json('router_models');
  return finished(group, params, {
    kind: 'cost-quality',
    candidates,
    router: routerOf(params, context),
    routerModels: new Map(
      isJsonObject(models)
        ? Object.entries(models).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        : [],
    ),
  });
}

function complexity(group: string, params: Params): ChoiceGroup | string {
  const config = params.json('complexity_router_config');
  const told = isJsonObject(config) ? config.tiers : undefined;
  const otherwise = params.get('complexity_router_default_model');
  const tiers = TIERS.map((tier) => namesIn(told !== undefined && isJsonObject(told) ? told[tier] : undefined));
  const candidates = [...new Set([...tiers.flat(), ...(otherwise === undefined ? [] : [otherwise])])];
  if (candidates.length === 0)
    return 'its complexity_router_config names no group: give tiers with SIMPLE, MEDIUM, COMPLEX and REASONING';
  return finished(group, params, { kind: 'complexity', candidates, tiers, otherwise });
}

function byRoutes(group: string, params: Params): ChoiceGroup | string {
  const file = params.get('auto_router_config_path');
  const read = file === undefined ? undefined : jsonOf(file);
  if (read !== undefined && 'fault' in read)
    return `its auto_router_config_path names the file ${file}, which ${read.fault}`;
  const told = params.json('auto_router_config') ?? read?.text;
  const config = typeof told === 'string' ? parsed(told) : told;
  const listed = config !== undefined && isJsonObject(config) ? config.routes : undefined;
  const routes = (Array.isArray(listed) ? listed : []).filter(isJsonObject).map((route: JsonObject) => ({
    candidate: typeof route.name === 'string' ? route.name : '',
    utterances: namesIn(route.utterances).slice(0, MOST_UTTERANCES),
  }));
  const otherwise = params.get('auto_router_default_model');
  if (otherwise === undefined) return 'it has no auto_router_default_model, the group if no route matches';
  const named = routes.filter(({ candidate }) => candidate !== '');
  const candidates = [...new Set([...named.map(({ candidate }) => candidate), otherwise])];
  return finished(group, params, { kind: 'routes', candidates, routes: named, otherwise });
}

function finished(
  group: string,
  params: Params,
  read: Pick<ChoiceGroup, 'kind' | 'candidates'> & Partial<ChoiceGroup>,
): ChoiceGroup | string {
  const { candidates } = read;
  if (candidates.length > MOST_CANDIDATES) return `it has more than ${MOST_CANDIDATES} candidates`;
  if (candidates.includes(group)) return 'it is a candidate of itself';
  const baseline = params.get('baseline_model') ?? candidates.at(-1) ?? '';
  if (!candidates.includes(baseline)) return `its baseline_model "${baseline}" is not one of its candidates`;
  return {
    ...{ group, baseline, qualityFloor: params.get('quality_floor') ?? DEFAULT_FLOOR },
    ...{ tiers: [], routes: [], otherwise: undefined, router: undefined, routerModels: new Map() },
    ...read,
  };
}

/** The router that the entry names; one that cannot be read is an error of the configuration. */
function routerOf(params: Params, { findings }: ReadingContext): ChoiceGroup['router'] {
  const file = params.get('router_file');
  if (file === undefined) return undefined;
  const read = jsonOf(file);
  const isRouter = 'text' in read && read.value.sluice_router === 1;
  if (isRouter) return { file, text: read.text };
  const why = 'fault' in read ? read.fault : 'is not a router of this release: make one with sluice calibrate';
  const message = `router_file names the file ${file}, which ${why}`;
  findings.add('error', 'unreadable-file', params.placeOf('router_file'), message);
  return undefined;
}

/** A JSON map in a file, or why there is none. */
function jsonOf(file: string): { readonly text: string; readonly value: JsonObject } | { readonly fault: string } {
  try {
    if (statSync(file).size > LARGEST_FILE_BYTES) return { fault: 'is larger than 64 MiB' };
    const text = readFileSync(file, 'utf8');
    const value = parsed(text);
    return value !== undefined && isJsonObject(value) ? { text, value } : { fault: 'is not a JSON map' };
  } catch (error) {
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` };
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text) as JsonValue;
  } catch {
    return undefined;
  }
}

const namesIn = (value: JsonValue | undefined): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
