/**
 * What tools and searches of a request under a budget may say, by value: a tool of a harmless kind could otherwise carry a member that
 * buys something else, and a search one that makes it dearer.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** Whether a value may be sent. */
type ValueRule = (value: JsonValue) => boolean;
/** The members that an object may have, and what they may say. */
type MemberRules = Readonly<Record<string, ValueRule>>;

/** Any value: it changes neither price, model nor address, and runs no code. */
const any: ValueRule = () => true;

/** The first member of an object that its rules do not take; `undefined` if they take all. A value that is not an object is not taken. */
export function refusedIn(value: JsonValue | undefined, rules: MemberRules): string | undefined {
  if (!isJsonObject(value)) return 'value';
  return Object.keys(value).find((name) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const member = value[name];
    return member !== undefined && rule?.(member) !== true;
  });
}

/** An object whose members these rules take. */
const objectWith =
  (rules: MemberRules): ValueRule =>
  (value) =>
    refusedIn(value, rules) === undefined;

const isName: ValueRule = (value) => value === null || typeof value === 'string' || typeof value === 'number';
const areTexts: ValueRule = (value) => Array.isArray(value) && value.every((each) => typeof each === 'string');
const PLACE: MemberRules = {
  type: isName,
  city: isName,
  country: isName,
  region: isName,
  timezone: isName,
  latitude: isName,
  longitude: isName,
};
const place: ValueRule = (value) => value === null || objectWith({ ...PLACE, approximate: objectWith(PLACE) })(value);
const contextSize: ValueRule = (value) => value === 'low' || value === 'medium' || value === 'high';

/** `web_search_options`: how much a search brings, which has prices of its own, and from where it is made. */
export const SEARCH_OPTIONS: MemberRules = { search_context_size: contextSize, user_location: place };

const CALLABLE: MemberRules = {
  name: any,
  description: any,
  parameters: any,
  input_schema: any,
  strict: any,
  format: any,
};
const isCallable = objectWith(CALLABLE);

/** Kinds of tools of OpenAI's formats that the client runs itself. */
export const CLIENT_TOOLS: ReadonlySet<string> = new Set([
  'function',
  'custom',
  'namespace',
  'local_shell',
  'apply_patch',
  'computer',
  'computer_use_preview',
]);

/** A tool of OpenAI's formats that the client runs. */
export const CLIENT_TOOL: MemberRules = {
  ...CALLABLE,
  type: (value) => typeof value === 'string' && CLIENT_TOOLS.has(value),
  function: isCallable,
  custom: isCallable,
  cache_control: any,
  defer_loading: any,
  display_width: any,
  display_height: any,
  environment: isName,
  // The tools of a namespace.
  tools: (value) => Array.isArray(value) && value.every((each) => refusedIn(each, CLIENT_TOOL) === undefined),
};

/** A tool of OpenAI's format that searches. */
export const SEARCH_TOOL: MemberRules = {
  ...SEARCH_OPTIONS,
  type: any,
  external_web_access: any,
  filters: objectWith({ allowed_domains: areTexts, blocked_domains: areTexts }),
};

const callers: ValueRule = (value) => Array.isArray(value) && value.every((each) => each === 'direct');

/** A tool of Anthropic's format that the client runs, whatever its kind. */
export const ANTHROPIC_TOOL: MemberRules = {
  type: any,
  name: any,
  description: any,
  input_schema: any,
  input_examples: any,
  strict: any,
  cache_control: any,
  defer_loading: any,
  eager_input_streaming: any,
  allowed_callers: callers,
  display_width_px: any,
  display_height_px: any,
  display_number: any,
  enable_zoom: any,
  max_characters: any,
};

/** Anthropic's search of the web. */
export const ANTHROPIC_SEARCH: MemberRules = {
  type: any,
  name: any,
  strict: any,
  cache_control: any,
  defer_loading: any,
  max_uses: any,
  allowed_domains: areTexts,
  blocked_domains: areTexts,
  user_location: place,
  allowed_callers: callers,
};

const DECLARATION: MemberRules = {
  name: any,
  description: any,
  behavior: any,
  parameters: any,
  parametersJsonSchema: any,
  parameters_json_schema: any,
  response: any,
  responseJsonSchema: any,
  response_json_schema: any,
};
const areDeclarations: ValueRule = (value) =>
  (Array.isArray(value) ? value : [value]).every((each) => objectWith(DECLARATION)(each));
const search = objectWith({ timeRangeFilter: any, time_range_filter: any });

/** A tool of Gemini's format. */
export const GEMINI_TOOL: MemberRules = {
  functionDeclarations: areDeclarations,
  function_declarations: areDeclarations,
  googleSearch: search,
  google_search: search,
};

/** The tools of a request, one by one. */
export function toolsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isJsonObject);
}
