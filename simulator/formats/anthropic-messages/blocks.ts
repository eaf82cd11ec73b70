import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { invalid } from '../errors.ts';
import { checkImageType } from './model-rules.ts';

/** The members that each kind of content block may have in a request (Anthropic's API reference, 2026-09). */
const BLOCK_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'cache_control', 'citations'],
  image: ['type', 'source', 'cache_control', 'transformations'],
  document: ['type', 'source', 'cache_control', 'citations', 'context', 'title'],
  search_result: ['type', 'content', 'source', 'title', 'cache_control', 'citations'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control', 'toolset_name'],
  server_tool_use: ['type', 'id', 'name', 'input', 'cache_control', 'caller'],
  web_search_tool_result: ['type', 'tool_use_id', 'content', 'cache_control', 'caller'],
  web_fetch_tool_result: ['type', 'tool_use_id', 'content', 'cache_control', 'caller'],
  code_execution_tool_result: ['type', 'tool_use_id', 'content', 'cache_control'],
  bash_code_execution_tool_result: ['type', 'tool_use_id', 'content', 'cache_control'],
  text_editor_code_execution_tool_result: ['type', 'tool_use_id', 'content', 'cache_control'],
  tool_search_tool_result: ['type', 'tool_use_id', 'content', 'cache_control'],
  container_upload: ['type', 'file_id', 'cache_control'],
  tool_reference: ['type', 'tool_name', 'cache_control'],
};

const TOP_MEMBERS = new Set(
  `model messages max_tokens cache_control container context_management diagnostics inference_geo mcp_servers metadata
  output_config output_format service_tier speed stop_sequences stream system temperature thinking tool_choice tools top_k
  top_p thread user_profile_id workspace_id`.split(/\s+/),
);
const COUNT_MEMBERS = new Set(
  `model messages cache_control context_management mcp_servers output_config output_format speed system thinking tool_choice
  tools user_profile_id workspace_id`.split(/\s+/),
);

/** Refuses members that Anthropic does not know, as it does: all of them at once. */
export function refuseExtraMembers(body: JsonObject, isCount: boolean): void {
  const known = isCount ? COUNT_MEMBERS : TOP_MEMBERS;
  const extra = Object.keys(body).filter((name) => !known.has(name));
  if (extra.length > 0) throw invalid(extra.map((name) => `${name}: Extra inputs are not permitted`).join('\n'));
}

/** Refuses members that a content block of this kind does not have. */
export function checkBlock(block: JsonValue, at: string): JsonObject & { type: string } {
  if (!isJsonObject(block)) throw invalid(`${at}: Input should be a valid dictionary or object to extract fields from`);
  const { type } = block;
  if (typeof type !== 'string') throw invalid(`${at}.type: Field required`);
  const members = BLOCK_MEMBERS[type];
  if (members === undefined) {
    const tags = Object.keys(BLOCK_MEMBERS).map((tag) => `'${tag}'`);
    throw invalid(
      `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags.join(', ')}`,
    );
  }
  const extra = Object.keys(block).find((name) => !members.includes(name));
  if (extra !== undefined) throw invalid(`${at}.${type}.${extra}: Extra inputs are not permitted`);
  checkCacheControl(block.cache_control, `${at}.${type}`);
  return { ...block, type };
}

/** Refuses a cache mark of another kind than the one there is. */
export function checkCacheControl(mark: JsonValue | undefined, at: string): void {
  if (mark === undefined || mark === null) return;
  if (!isJsonObject(mark) || mark.type !== 'ephemeral') {
    throw invalid(
      `${at}.cache_control: Input tag found using 'type' does not match any of the expected tags: 'ephemeral'`,
    );
  }
  const extra = Object.keys(mark).find((name) => name !== 'type' && name !== 'ttl');
  if (extra !== undefined) throw invalid(`${at}.cache_control.ephemeral.${extra}: Extra inputs are not permitted`);
  if (mark.ttl !== undefined && mark.ttl !== '5m' && mark.ttl !== '1h') {
    throw invalid(`${at}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'`);
  }
}

/** Refuses an image or document source that cannot be read. */
export function checkSource(source: JsonValue | undefined, at: string, kind: 'image' | 'document'): void {
  if (!isJsonObject(source)) throw invalid(`${at}.source: Field required`);
  switch (source.type) {
    case 'base64': {
      if (typeof source.data !== 'string') throw invalid(`${at}.source.base64.data: Field required`);
      const types = kind === 'image' ? ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] : ['application/pdf'];
      if (typeof source.media_type !== 'string' || !types.includes(source.media_type)) {
        throw invalid(`${at}.source.base64.media_type: Input should be ${types.map((type) => `'${type}'`).join(', ')}`);
      }
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(source.data)) throw invalid(`${at}.source.base64.data: Invalid base64 data`);
      if (kind === 'image') checkImageType(source.data, source.media_type, at);
      return;
    }
    case 'url':
      if (typeof source.url !== 'string') throw invalid(`${at}.source.url.url: Field required`);
      if (!source.url.startsWith('https://')) throw invalid('Only HTTPS URLs are supported.');
      return;
    case 'text':
    case 'content':
    case 'file':
      return;
    default:
      throw invalid(
        `${at}.source: Input tag '${String(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'url'`,
      );
  }
}
