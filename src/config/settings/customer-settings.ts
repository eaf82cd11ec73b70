/** Readers of settings about customers: which headers name them, and whose requests are refused. */
import { readFileSync } from 'node:fs';
import { type ConfigNode, member, textOf } from '../config-node.ts';
import type { ReadNode } from '../setting-rows.ts';

/** Reads `user_header_mappings`: the headers that name the customer, in lower case. */
export const readHeaderMappings: ReadNode<readonly string[]> = (node, path, { findings }) => {
  const names: string[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    const name = textOf(member(item, 'header_name'));
    const role = textOf(member(item, 'litellm_user_role'));
    if (name === undefined || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      const message = `each entry of ${path} must be a map with header_name and litellm_user_role`;
      findings.add('error', 'wrong-type', item, message);
    } else if (role === 'customer') names.push(name.toLowerCase());
    else {
      const message = `${path} takes the role "customer" alone: the header "${name}" is not used; with it a client could name any user of this gateway`;
      findings.add('warning', 'wrong-type', item, message);
    }
  }
  return names.length === 0 ? undefined : names;
};

/** Reads `blocked_user_list`: a list, or the path of a file with a name in each line. */
export const readBlockedUsers: ReadNode<ReadonlySet<string>> = (node, path, { findings }) => {
  if (node.kind === 'list') return new Set(node.items.map(textOf).filter((name) => name !== undefined));
  const file = textOf(node);
  try {
    if (file !== undefined) return new Set(linesOf(readFileSync(file, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    findings.add('error', 'unreadable-file', node, `${path} names the file ${file}, which cannot be read (${code})`);
    return undefined;
  }
  findings.add('error', 'wrong-type', node as ConfigNode, `${path} must be a list of customers, or a file of them`);
  return undefined;
};

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
