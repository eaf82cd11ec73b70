import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { FormatId } from '../neutral/conversation.ts';

type Maybe = JsonValue | undefined;
interface Found {
  readonly media: string[];
  /** Strings that are media, to be left out of the words: the string itself, by the object that holds it. */
  readonly cut: Map<JsonObject, Map<string, string>>;
  /** What files of text say. */
  readonly texts: string[];
}

const own = (value: Maybe, name: string): Maybe =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const at = (value: Maybe, ...path: string[]): Maybe => path.reduce<Maybe>((inner, name) => own(inner, name), value);
const text = (value: Maybe): string | undefined => (typeof value === 'string' ? value : undefined);
const filled = (value: Maybe): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What an outline must say, computed from the parsed body and by nothing that the outline uses. */
export function outlineByParsing(format: FormatId, body: JsonObject) {
  const isOpenAi = format.startsWith('openai');
  const isClaude = format === 'anthropic-messages';
  const settings = ['generationConfig', 'generation_config'].map((name) => own(body, name)).filter(isJsonObject);
  const found: Found = { media: [], cut: new Map(), texts: [] };
  const isGemini = format === 'gemini-generate';
  const turns = own(body, isGemini ? 'contents' : 'messages');
  if (format !== 'openai-responses' && (isGemini || Array.isArray(turns))) {
    for (const turn of objectsIn(turns, undefined)) {
      walk(own(turn, isGemini ? 'parts' : 'content'), format, found);
      const sound = own(turn, 'audio');
      if (isOpenAi && isJsonObject(sound)) add(found, sound, [], 'id', 'audio', undefined);
    }
  }
  if (isGemini) {
    const asked = objectsIn(own(body, 'requests'), undefined).map((each) => own(each, 'content'));
    const contents = ['systemInstruction', 'system_instruction', 'content'].map((name) => own(body, name));
    for (const each of objectsIn(
      [...asked, ...contents].filter((value) => value !== undefined),
      undefined,
    )) {
      walk(own(each, 'parts'), format, found);
    }
  }
  if (isOpenAi) walk(own(body, 'input'), format, found);
  if (format === 'openai-responses') return ofResponses(body, found);

  const user = text(own(body, 'user'));
  const tools = own(body, 'tools');
  const hasSome = (value: Maybe): boolean => Array.isArray(value) && value.length > 0;
  return {
    model: expected(own(body, 'model'), 'string'),
    stream: expected(own(body, 'stream'), 'boolean'),
    streamUsage: isOpenAi && at(body, 'stream_options', 'include_usage') === true,
    limit: limitOf(
      isOpenAi
        ? [own(body, 'max_completion_tokens'), own(body, 'max_tokens')]
        : isClaude
          ? [own(body, 'max_tokens')]
          : settings.flatMap((each) => [own(each, 'maxOutputTokens'), own(each, 'max_output_tokens')]),
    ),
    choices: choicesOf(format, body, settings),
    hasTools:
      hasSome(tools) ||
      (isOpenAi && hasSome(own(body, 'functions'))) ||
      (format === 'gemini-generate' && isJsonObject(tools)),
    asksForJsonSchema: isOpenAi
      ? at(body, 'response_format', 'type') === 'json_schema' || at(body, 'text', 'format', 'type') === 'json_schema'
      : isClaude
        ? at(body, 'output_config', 'format', 'type') === 'json_schema' ||
          at(body, 'output_format', 'type') === 'json_schema'
        : settings.some((each) =>
            ['responseSchema', 'responseJsonSchema', 'response_schema', 'response_json_schema'].some((name) =>
              isJsonObject(own(each, name)),
            ),
          ),
    asksForReasoning: reasoningOf(format, body, settings),
    asksForAudio: isOpenAi ? 'audio' in body || 'modalities' in body : !isClaude && settings.length > 0,
    serviceTier:
      format === 'gemini-generate'
        ? (text(own(body, 'serviceTier')) ?? text(own(body, 'service_tier')))
        : text(own(body, 'service_tier')),
    webSearches: Math.min(
      100,
      (isOpenAi && (own(body, 'web_search_options') ?? null) !== null ? 10 : 0) + searchesOf(tools),
    ),
    user,
    endUser: user ?? text(at(body, 'metadata', 'user_id')),
    session: text(own(body, 'litellm_session_id')) ?? text(at(body, 'metadata', 'session_id')),
    cacheMarks: isOpenAi
      ? marksIn([own(body, 'messages'), tools], ['cache_control', 'prompt_cache_breakpoint'])
      : isClaude
        ? (isJsonObject(own(body, 'cache_control')) ? 1 : 0) +
          marksIn([own(body, 'system'), own(body, 'messages'), tools], ['cache_control'])
        : 0,
    ...contentOf(body, found),
  };
}

function contentOf(body: JsonObject, found: Found) {
  return {
    media: found.media.sort(),
    words: Object.keys(body)
      .filter((name) => READ_BY_MODEL.has(name))
      .map((name) => wordsOf(own(body, name), found))
      .concat(found.texts)
      .join(' '),
  };
}

/** The same for OpenAI's Responses API, which shares little but its media with chat. */
function ofResponses(body: JsonObject, found: Found) {
  for (const item of objectsIn(own(body, 'input'), undefined)) {
    walk(own(item, 'output'), 'openai-responses', found);
    if (own(item, 'type') === 'image_generation_call') add(found, item, ['result'], 'id', 'image', undefined);
  }
  const user = text(own(body, 'safety_identifier')) ?? text(own(body, 'user'));
  const tools = own(body, 'tools');
  const effort = at(body, 'reasoning', 'effort');
  return {
    model: expected(own(body, 'model'), 'string'),
    stream: expected(own(body, 'stream'), 'boolean'),
    streamUsage: false,
    limit: limitOf([own(body, 'max_output_tokens')]),
    choices: 1,
    hasTools: Array.isArray(tools) && tools.length > 0,
    asksForJsonSchema: at(body, 'text', 'format', 'type') === 'json_schema',
    asksForReasoning: typeof effort === 'string' && effort !== 'none',
    asksForAudio: false,
    serviceTier: text(own(body, 'service_tier')),
    webSearches: Math.min(100, searchesOf(tools)),
    user,
    endUser: user ?? text(at(body, 'metadata', 'user_id')),
    session:
      text(own(body, 'litellm_session_id')) ??
      text(at(body, 'metadata', 'session_id')) ??
      text(own(body, 'prompt_cache_key')),
    cacheMarks: marksIn([own(body, 'input')], ['prompt_cache_breakpoint']),
    ...contentOf(body, found),
  };
}

const READ_BY_MODEL = new Set(
  (
    'messages system tools functions prompt input instructions suffix response_format output_format output_config text tool_choice ' +
    'contents content requests generateContentRequest generate_content_request systemInstruction system_instruction generationConfig generation_config ' +
    'title web_search_options'
  ).split(' '),
);

function expected(value: Maybe, type: 'string' | 'boolean'): Maybe {
  if (value === undefined || value === null) return undefined;
  return typeof value === type ? value : null;
}

function numberOf(value: Maybe): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function limitOf(values: readonly Maybe[]): number | string {
  const given = values.filter((value) => value !== undefined && value !== null).map(numberOf);
  if (given.length === 0) return 'absent';
  if (given.some((value) => value === undefined || value <= 0)) return 'unclear';
  return Math.ceil(Math.max(...given.filter((value) => value !== undefined)));
}

function choicesOf(format: FormatId, body: JsonObject, settings: readonly JsonObject[]): number {
  const asked = format.startsWith('openai')
    ? [own(body, 'n'), own(body, 'best_of')]
    : format === 'gemini-generate'
      ? settings.flatMap((each) => [own(each, 'candidateCount'), own(each, 'candidate_count')])
      : [];
  const most = Math.ceil(Math.max(1, ...asked.map(numberOf).filter((value) => value !== undefined)));
  const prompt = own(body, 'prompt');
  const isMany =
    format === 'openai-completions' && Array.isArray(prompt) && prompt.some((item) => typeof item !== 'number');
  return Math.min(1_000_000, most * (isMany ? prompt.length : 1));
}

function reasoningOf(format: FormatId, body: JsonObject, settings: readonly JsonObject[]): boolean {
  const says = (value: Maybe, none: string): boolean => typeof value === 'string' && value !== none;
  if (format === 'gemini-generate') {
    return settings.some((each) => {
      const thinking = own(each, 'thinkingConfig') ?? own(each, 'thinking_config');
      return isJsonObject(thinking) && (own(thinking, 'thinkingBudget') ?? own(thinking, 'thinking_budget')) !== 0;
    });
  }
  const thinks = says(at(body, 'thinking', 'type'), 'disabled');
  if (format === 'anthropic-messages') return thinks;
  return thinks || says(own(body, 'reasoning_effort'), 'none') || says(at(body, 'reasoning', 'effort'), 'none');
}

/** The objects of a value: itself, those in lists, and those in a member of theirs. */
function objectsIn(value: Maybe, inner: string | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((item) => objectsIn(item, inner));
  if (!isJsonObject(value)) return [];
  return [value, ...(inner === undefined ? [] : objectsIn(own(value, inner), inner))];
}

function searchesOf(tools: Maybe): number {
  let sum = 0;
  for (const tool of objectsIn(tools, undefined)) {
    const most = own(tool, 'max_uses');
    if (own(tool, 'google_search') !== undefined || own(tool, 'googleSearch') !== undefined) sum += 10;
    else if (text(own(tool, 'type'))?.startsWith('web_search') === true) {
      sum += typeof most === 'number' && most >= 0 ? Math.ceil(most) : 10;
    }
  }
  return sum;
}

function marksIn(values: readonly Maybe[], names: readonly string[]): number {
  const holders = values.flatMap((value) => objectsIn(value, 'content'));
  return holders.filter((holder) => names.some((name) => isJsonObject(own(holder, name)))).length;
}

function walk(value: Maybe, format: FormatId, found: Found): void {
  for (const part of objectsIn(value, format === 'gemini-generate' ? undefined : 'content')) {
    if (format === 'gemini-generate') {
      geminiPart(part, found);
      for (const name of ['functionResponse', 'function_response']) {
        for (const inner of objectsIn(at(part, name, 'parts'), undefined)) geminiPart(inner, found);
      }
      continue;
    }
    blockPart(part, found, format, true);
  }
}

function blockPart(part: JsonObject, found: Found, format: FormatId, mayNest: boolean): void {
  const source = own(part, 'source');
  if (isJsonObject(source) && own(source, 'type') !== 'text') {
    const type = text(own(source, 'type'));
    if (type === 'content') {
      if (mayNest && (format === 'anthropic-messages' || format.startsWith('openai'))) {
        for (const inner of objectsIn(own(source, 'content'), 'content')) blockPart(inner, found, format, false);
      }
    } else {
      const kind = own(part, 'type') === 'image' ? 'image' : 'document';
      const given = text(own(source, 'media_type'));
      add(found, source, ['data', 'url'], 'file_id', kind, given);
    }
  }
  if (format === 'anthropic-messages') {
    add(found, part, [], 'file_id', 'document', undefined);
    return;
  }
  for (const kind of ['image', 'video', 'audio']) {
    const value = own(part, `${kind}_url`);
    if (isJsonObject(value)) add(found, value, ['url'], undefined, kind, undefined);
    else add(found, part, [`${kind}_url`], undefined, kind, undefined);
  }
  const audio = own(part, 'input_audio');
  if (isJsonObject(audio)) add(found, audio, ['data'], undefined, 'audio', undefined);
  const file = own(part, 'file');
  if (isJsonObject(file)) {
    add(found, file, ['file_data', 'file_url'], 'file_id', 'document', text(own(file, 'format')));
  }
  const kind = own(part, 'type') === 'input_image' ? 'image' : 'document';
  add(found, part, ['file_data', 'file_url'], 'file_id', kind, undefined);
}

function geminiPart(part: JsonObject, found: Found): void {
  for (const name of ['inlineData', 'inline_data', 'fileData', 'file_data']) {
    const value = own(part, name);
    if (!isJsonObject(value)) continue;
    const given = text(own(value, 'mimeType')) ?? text(own(value, 'mime_type'));
    const place = ['data', 'fileUri', 'file_uri'].find((each) => own(value, each) !== undefined);
    add(found, value, place === undefined ? [] : [place], undefined, 'document', given);
  }
}

/** Adds the first of these members that is a string, or else the file's id. */
function add(
  found: Found,
  holder: JsonObject,
  names: readonly string[],
  idName: string | undefined,
  kind: string,
  given: string | undefined,
): void {
  const name = names.find((each) => filled(own(holder, each)) !== undefined);
  if (name === undefined) {
    if (idName !== undefined && filled(own(holder, idName)) !== undefined) {
      found.media.push(JSON.stringify([kindFor(kind, given), 'file', given?.toLowerCase() ?? null, 0]));
    }
    return;
  }
  const value = filled(own(holder, name)) ?? '';
  const match = /^data:([^,;]*)(?:;[^,]*)?;base64,/i.exec(value.slice(0, 256));
  const data = match === null ? value : value.slice(match[0].length);
  const isInline =
    (match !== null || data.length >= (['data', 'file_data', 'result'].includes(name) ? 1 : 128)) &&
    /^[A-Za-z0-9+/_-]*={0,2}$/.test(data);
  if (!isInline) {
    found.media.push(JSON.stringify([kindFor(kind, given), 'address', given?.toLowerCase() ?? null, 0]));
    return;
  }
  const type = (given ?? match?.[1] ?? '').toLowerCase();
  const size = Math.floor((data.replace(/=+$/, '').length * 3) / 4);
  const file = Buffer.from(data, 'base64').toString('utf8');
  const claimed = kindFor(kind, type);
  const isPdf = file.startsWith('%PDF-');
  const seen = isPdf ? 'document' : claimed === 'document' || TEXTS.has(type) ? 'text' : claimed;
  if (seen === 'text' || TEXTS.has(type)) found.texts.push(file);
  found.media.push(JSON.stringify([seen, 'inline', type === '' ? null : type, size]));
  const cut = found.cut.get(holder) ?? new Map<string, string>();
  found.cut.set(holder, cut.set(name, data));
}

/** The types of text that the bodies of these tests name. */
const TEXTS = new Set(['text/plain', 'text/csv', 'application/json']);

function kindFor(kind: string, type: string | undefined): string {
  const family = type?.toLowerCase().split('/')[0] ?? '';
  return kind === 'document' && type?.includes('/') === true && ['image', 'audio', 'video'].includes(family)
    ? family
    : kind;
}

/** All strings, without the base64 of inline media; a header of one may be left, depending on how it was spelled. */
function wordsOf(value: Maybe, found: Found): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item) => wordsOf(item, found)).join(' ');
  if (!isJsonObject(value)) return '';
  const cut = found.cut.get(value);
  return Object.keys(value)
    .map((name) => {
      const data = cut?.get(name);
      const whole = own(value, name);
      if (data === undefined || typeof whole !== 'string') return wordsOf(whole, found);
      return whole.slice(0, whole.length - data.length);
    })
    .join(' ');
}
