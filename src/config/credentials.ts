/** Reads `credential_list`. */
import type { JsonObject } from '../core/json.ts';
import { type MapNode, member, textOf, toJson } from './config-node.ts';
import type { ReadingContext } from './reading-context.ts';
import { Section } from './section.ts';
import { CREDENTIAL_ENTRY } from './settings/model-list.ts';

/** An entry of `credential_list`. */
interface CredentialRead {
  readonly name: string;
  readonly node: MapNode;
  readonly info: JsonObject;
}

/** Reads all entries; the last one of a name wins. */
export function readCredentials(root: MapNode, context: ReadingContext): readonly CredentialRead[] {
  const credentials = new Map<string, CredentialRead>();
  const list = member(root, 'credential_list');
  if (list?.kind !== 'list') return [];
  for (const item of list.items) {
    if (item.kind !== 'map') {
      context.findings.add('error', 'wrong-type', item, 'an entry of credential_list must be a map');
      continue;
    }
    const section = new Section(item, CREDENTIAL_ENTRY, { path: 'credential_list[]' }, context);
    const name = section.get('credential_name');
    if (name === undefined) context.findings.add('error', 'missing-key', item, 'the credential has no credential_name');
    const values = member(item, 'credential_values');
    if (name === undefined || values?.kind !== 'map') continue;
    credentials.set(name, { name, node: values, info: setMembers(section.map('credential_info')) });
  }
  return [...credentials.values()];
}

/** A map as JSON, without members that are empty. */
export function setMembers(node: MapNode | undefined): JsonObject {
  const members = node === undefined ? {} : (toJson(node) as JsonObject);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/** The credential that an entry names, in its parameters or else in its facts. */
export function credentialNameOf(params: MapNode, item: MapNode): string | undefined {
  const info = member(item, 'model_info');
  const inInfo = info?.kind === 'map' ? textOf(member(info, 'litellm_credential_name')) : undefined;
  return textOf(member(params, 'litellm_credential_name')) ?? inInfo;
}
