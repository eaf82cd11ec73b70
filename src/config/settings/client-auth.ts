/** `configurable_clientside_auth_params`: the connection parameters that a request may bring for a deployment. */
import { patternOf } from '../../core/pattern-of.ts';
import { textOf } from '../config-node.ts';
import { describeValue } from '../finding.ts';
import type { ReadNode } from '../setting-rows.ts';

/** What requests may bring in place of what is configured. */
interface ClientAuth {
  /** The names of parameters that they may bring with any value. */
  readonly names: readonly ClientParam[];
  /** Patterns of the addresses that they may name. */
  readonly apiBases: readonly string[];
}

/** A parameter that a request may bring with any value. */
const CLIENT_PARAMS = ['api_key', 'api_version', 'organization'] as const;
type ClientParam = (typeof CLIENT_PARAMS)[number];

const isClientParam = (name: string): name is ClientParam => CLIENT_PARAMS.some((each) => each === name);

/** Reads the list. What it cannot allow safely is refused, with an error for clients that send it. */
export const readClientAuth: ReadNode<ClientAuth> = (node, path, { findings }) => {
  const names: ClientParam[] = [];
  const apiBases: string[] = [];
  for (const item of node.kind === 'list' ? node.items : []) {
    const name = textOf(item);
    const pattern = item.kind === 'map' ? textOf(item.entries.get('api_base')?.value ?? item) : undefined;
    if (name !== undefined && isClientParam(name)) names.push(name);
    else if (pattern !== undefined) {
      if (isPattern(pattern)) apiBases.push(pattern);
      else {
        const message = `${path} has an api_base that is not a pattern: "${pattern.slice(0, 100)}"`;
        findings.add('error', 'wrong-type', item, message);
      }
    } else if (name === 'api_base' || name === 'base_url') {
      const message = `${path} names ${name} without a pattern, by which clients could call any address in the network of the gateway; it is not allowed to them. Write { api_base: "^https://…$" }`;
      findings.add('warning', 'wrong-type', item, message);
    } else if (name !== undefined) {
      const message = `${path} names "${name}", which clients cannot bring here; they can bring ${CLIENT_PARAMS.join(', ')}, and an api_base by its pattern`;
      findings.add('warning', 'wrong-type', item, message);
    } else {
      const message = `${path} takes names and { api_base: PATTERN }, but has ${describeValue(item, false)}`;
      findings.add('error', 'wrong-type', item, message);
    }
  }
  return { names, apiBases };
};

function isPattern(text: string): boolean {
  try {
    patternOf(text);
    return true;
  } catch {
    return false;
  }
}
