/**
 * What changes in a request on its way to a provider of the same format: the model's name, members that are ours,
 * parameters the provider takes under another name or not at all, defaults of the deployment. `applyRules` does the
 * same to objects.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { refuseHeavy } from '../../core/too-heavy.ts';
import type { Dropped } from '../../formats/format.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { isGatewayMember } from '../../providers/gateway-members.ts';
import { type ParameterRules, UNSUPPORTED } from '../../providers/provider.ts';
import { type Member, memberNamed, parseMember, type ReadableEnvelope, valueBytes } from '../../wire/envelope.ts';
import { type Edit, splice } from '../../wire/splice.ts';

export interface RequestEdits {
  /** The model's name at the provider, as a JSON literal; undefined if the address names the model. */
  readonly modelLiteral: string | undefined;
  readonly rules: ParameterRules;
  readonly format: FormatId;
  /** Members that are added if the client does not send them, by the provider's names. */
  readonly defaults: JsonObject;
  /** Members the operator wants gone (`additional_drop_params`). */
  readonly drop: readonly string[];
  /** Ask a streaming provider for usage even if the client did not. */
  readonly askForUsage: boolean;
  /** A `TooHeavy` is thrown for a larger member that has to be parsed. */
  readonly mostParsedBytes?: number | undefined;
}

interface EditedRequest {
  readonly body: Buffer;
  readonly dropped: readonly Dropped[];
}

const NOTHING_DROPPED: readonly Dropped[] = [];

/** Edits the bytes of a request; what no edit names stays as the client sent it. */
export function editBytes(body: Buffer, envelope: ReadableEnvelope, edits: RequestEdits): EditedRequest {
  const { rules } = edits;
  const list: Edit[] = [];
  let dropped: Dropped[] | undefined;
  const drop = (name: string, why: string, kind: Dropped['kind']): void => {
    dropped ??= [];
    dropped.push({ field: name, why, kind });
    list.push({ edit: 'remove', name });
  };
  let hasModel = false;
  let hasStreamOptions = false;
  for (const member of envelope.members) {
    const { name } = member;
    if (name === 'model') {
      hasModel = true;
      const { modelLiteral } = edits;
      list.push(modelLiteral === undefined ? { edit: 'remove', name } : { edit: 'replace', name, json: modelLiteral });
      continue;
    }
    if (isGatewayMember(name, edits.format, (other) => memberValue(body, envelope, other))) {
      list.push({ edit: 'remove', name });
      continue;
    }
    if (edits.drop.includes(name)) {
      drop(name, 'listed in `additional_drop_params`', 'unknown');
      continue;
    }
    if (rules.unsupported?.includes(name)) {
      drop(name, 'the provider does not take it', 'unsupported');
      continue;
    }
    if (name === 'stream_options' && edits.askForUsage) {
      hasStreamOptions = true;
      const value = parseMember(body, member);
      const options = isJsonObject(value) ? value : {};
      if (options.include_usage !== true) {
        list.push({ edit: 'replace', name, json: JSON.stringify({ ...options, include_usage: true }) });
      }
      continue;
    }
    editMember(body, envelope, member, edits, list, drop);
  }
  for (const name of Object.keys(edits.defaults)) {
    const value = edits.defaults[name];
    if (value === undefined || isSent(envelope, rules, name)) continue;
    list.push({ edit: 'add', name, json: JSON.stringify(value) });
  }
  if (!hasModel && edits.modelLiteral !== undefined) {
    list.push({ edit: 'add', name: 'model', json: edits.modelLiteral });
  }
  if (edits.askForUsage && !hasStreamOptions && edits.defaults.stream_options === undefined) {
    list.push({ edit: 'add', name: 'stream_options', json: '{"include_usage":true}' });
  }
  return { body: splice(body, envelope, list), dropped: dropped ?? NOTHING_DROPPED };
}

function memberValue(body: Buffer, envelope: ReadableEnvelope, name: string): JsonValue | undefined {
  const member = memberNamed(envelope, name);
  return member === undefined ? undefined : parseMember(body, member);
}

/** Whether the client sends a member, under this name or one that is renamed to it. */
function isSent(envelope: ReadableEnvelope, rules: ParameterRules, name: string): boolean {
  return envelope.members.some((member) => member.name === name || ownValue(rules.rename, member.name) === name);
}

function editMember(
  body: Buffer,
  envelope: ReadableEnvelope,
  member: Member,
  { rules, mostParsedBytes }: RequestEdits,
  list: Edit[],
  drop: (name: string, why: string, kind: Dropped['kind']) => void,
): void {
  const { name } = member;
  const renamed = ownValue(rules.rename, name);
  if (renamed !== undefined && memberNamed(envelope, renamed) !== undefined) {
    drop(name, `\`${renamed}\` is sent as well`, 'unknown');
    return;
  }
  const rewrite = ownValue(rules.values, name);
  if (rewrite !== undefined && (ownValue(rules.mayNeedRewrite, name)?.(valueBytes(body, member)) ?? true)) {
    refuseHeavy(member.valueEnd - member.valueStart, mostParsedBytes);
    const value = parseMember(body, member);
    const rewritten = rewrite(value);
    if (rewritten === UNSUPPORTED) {
      drop(name, 'the provider does not take this value', 'unsupported');
      return;
    }
    if (rewritten === undefined) {
      list.push({ edit: 'remove', name });
      return;
    }
    if (rewritten !== value) list.push({ edit: 'replace', name, json: JSON.stringify(rewritten) });
  }
  if (renamed !== undefined) list.push({ edit: 'rename', name, to: renamed });
}
