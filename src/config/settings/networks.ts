/** Reads lists of addresses and networks: who may call (`allowed_ips`), and whose headers are believed (`trusted_proxy_ranges`). */
import { BlockList, isIP } from 'node:net';
import { textOf } from '../config-node.ts';
import { describeValue } from '../finding.ts';
import type { ReadNode } from '../setting-rows.ts';

/** A set of addresses. */
interface Networks {
  /** Whether an address is in it; what is not an address is not. */
  has(address: string): boolean;
}

/** Reads a list of addresses (`10.0.0.1`, `::1`) and networks (`10.0.0.0/8`); an empty list counts as left out. */
export const readNetworks: ReadNode<Networks> = (node, path, { findings }) => {
  const items = node.kind === 'list' ? node.items : [node];
  const list = new BlockList();
  let isEmpty = true;
  for (const item of items) {
    if (item.kind === 'scalar' && item.value === null) continue;
    isEmpty = false;
    if (!add(list, textOf(item)?.trim() ?? '')) {
      const message = `${path} takes addresses ("10.0.0.1") and networks ("10.0.0.0/8"), but has ${describeValue(item, false)}`;
      findings.add('error', 'wrong-type', item, message);
    }
  }
  if (isEmpty) return undefined;
  return {
    has(address) {
      const family = familyOf(address);
      return family !== undefined && list.check(address, family);
    },
  };
};

function add(list: BlockList, written: string): boolean {
  const [address = '', prefix, ...more] = written.split('/');
  const family = familyOf(address);
  if (family === undefined || more.length > 0) return false;
  if (prefix === undefined) list.addAddress(address, family);
  else {
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 'ipv4' ? 32 : 128)) return false;
    list.addSubnet(address, Number(prefix), family);
  }
  return true;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  return family === 0 ? undefined : family === 4 ? 'ipv4' : 'ipv6';
}
