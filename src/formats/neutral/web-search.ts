/** What clients say about searches of the web, in the spellings of all formats, and how a tool is reported that cannot be had. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { ConversationRequest, ToolChoice, ToolDefinition } from './conversation.ts';
import type { Dropped } from './dropped.ts';
import type { SearchLocation, SearchSettings, SearchStep, SearchTool } from './server-tools.ts';

/** Members that say nothing about what is searched. */
const HARMLESS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'cache_control',
  'strict',
  'defer_loading',
  'allowed_callers',
  'filters',
  'allowed_domains',
  'blocked_domains',
  'user_location',
  'search_context_size',
  'max_uses',
  'external_web_access',
]);

/** Reads a tool that searches the web, or the parameter that asks for it. */
export function readSearch(value: JsonObject): SearchSettings {
  const filters = objectOf(value.filters) ?? {};
  const uses = value.max_uses;
  return {
    ...defined({
      allowedDomains: textsOf(value.allowed_domains ?? filters.allowed_domains),
      blockedDomains: textsOf(value.blocked_domains ?? filters.blocked_domains),
      location: readLocation(value.user_location),
      contextSize: wordOf(value.search_context_size),
      mostSearches: typeof uses === 'number' && Number.isInteger(uses) && uses >= 0 ? uses : undefined,
      isOffline: value.external_web_access === false ? (true as const) : undefined,
    }),
    others: [...namesIn(value, HARMLESS), ...namesIn(filters, DOMAINS)],
  };
}

const DOMAINS: ReadonlySet<string> = new Set(['allowed_domains', 'blocked_domains']);

function namesIn(value: JsonObject, known: ReadonlySet<string>): string[] {
  return Object.keys(value).filter((name) => !known.has(name) && value[name] !== null && value[name] !== undefined);
}

function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.filter((each) => typeof each === 'string');
}

/** Chat completions put the place one level deeper. */
function readLocation(value: JsonValue | undefined): SearchLocation | undefined {
  if (!isJsonObject(value)) return undefined;
  const place = objectOf(value.approximate) ?? value;
  const read = defined({
    city: wordOf(place.city),
    region: wordOf(place.region),
    country: wordOf(place.country),
    timezone: wordOf(place.timezone),
  });
  return Object.keys(read).length === 0 ? undefined : read;
}

/** The place in the words that OpenAI and Anthropic share. */
export function writeLocation(location: SearchLocation | undefined): JsonObject | undefined {
  return location === undefined ? undefined : { type: 'approximate', ...location };
}

/** Which settings a provider's search takes. */
interface SearchWords {
  /** `one`: either domains that are allowed or domains that are not. */
  readonly domains: 'both' | 'one' | 'none';
}

/** Why a provider cannot search as the client wants it, so that searching nevertheless would be another search; undefined if it can. */
export function whyNotSearched({ search, raw }: SearchTool, { domains }: SearchWords): string | undefined {
  const { allowedDomains, blockedDomains, isOffline, others } = search;
  if (isOffline === true) return 'it may not fetch anything from the web (`external_web_access`)';
  const [other] = others;
  if (other !== undefined) return `only ${raw.format} knows its member '${other}'`;
  const lists = [allowedDomains, blockedDomains].filter((list) => list !== undefined).length;
  if (lists > 0 && domains === 'none') return 'its search cannot be held to domains';
  return lists > 1 && domains === 'one'
    ? 'its search takes domains that are allowed or that are blocked, not both'
    : undefined;
}

const parameterOf = (tool: ToolDefinition): string | undefined =>
  tool.type === 'server' && tool.tool === 'web-search' ? tool.parameter : undefined;

/** The place of a tool in the client's request. */
export function placeOf(tool: ToolDefinition, index: number): string {
  return parameterOf(tool) ?? `tools[${index}]`;
}

/**
 * How a tool is reported that the provider does not have. A search that is offered beside tools of the client's own is left out: agents
 * offer it to every model with every request, and do their work without it. One that is all a client offers is what it asks for.
 */
export function leftOut({ tools = [] }: Pick<ConversationRequest, 'tools'>, index: number, why: string): Dropped {
  const tool = tools[index];
  const field = tool === undefined ? `tools[${index}]` : placeOf(tool, index);
  const isSearch = tool?.type === 'server' && tool.tool === 'web-search';
  const isAside = isSearch && offersFunctions(tools);
  return {
    field,
    why: `${tool?.type === 'server' ? 'hosted ' : ''}tool '${nameOfTool(tool)}' is not supported: ${why}`,
    kind: isAside ? 'fitted' : 'unsupported',
  };
}

const offering = new WeakMap<readonly ToolDefinition[], boolean>();

/** Whether functions are among the tools. It is asked of every tool of a list that may be long, so the list is looked through once. */
export function offersFunctions(tools: readonly ToolDefinition[]): boolean {
  let known = offering.get(tools);
  if (known === undefined) {
    known = tools.some(({ type }) => type === 'function');
    offering.set(tools, known);
  }
  return known;
}

/** The name by which a choice means a tool. */
export function nameOfTool(tool: ToolDefinition | undefined): string {
  if (tool === undefined) return 'tool';
  if (tool.type !== 'opaque') return tool.name;
  const { name, type, custom, server_label: label } = tool.value;
  return stringOf(name) ?? stringOf(objectOf(custom)?.name) ?? stringOf(label) ?? stringOf(type) ?? 'a tool';
}

/** Which tools a choice among them takes; one that a parameter asks for is not a matter of the list. Both may be long: names are a set. */
export function allowedBy(choice: ToolChoice | undefined): (tool: ToolDefinition) => boolean {
  if (choice?.type !== 'allowed') return () => true;
  const names = new Set(choice.names);
  return (tool) => parameterOf(tool) !== undefined || names.has(nameOfTool(tool));
}

/** Whether a step of a search says something that another format can say. */
export function saysSearch({ step, queries = [], sources = [] }: SearchStep): boolean {
  return step !== 'whole' || queries.length > 0 || sources.length > 0;
}
