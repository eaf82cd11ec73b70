/** Which keys of a provider's account this gateway uses. */
import type { BilledKey } from '../providers/bill.ts';

/** A deployment of the provider: its id, and the key that it is called with. */
interface KeyedDeployment {
  readonly id: string;
  readonly apiKey: string | undefined;
}

/** Tells by which key each side counts. */
export interface KeyView {
  /** Undefined: a key that this gateway does not use. */
  ofBill(keyId: string | undefined): string | undefined;
  ofDeployment(id: string | undefined): string;
}

const UNKNOWN = '';

/**
 * Matches keys by what the provider shows of them (`sk-proj-ab...yz`). `named`: the operator says which keys are this gateway's. If
 * nothing is known of them, all usage of the account is taken to be the gateway's.
 */
export function keyView(
  deployments: readonly KeyedDeployment[],
  listed: readonly BilledKey[],
  named: readonly string[] | undefined,
): KeyView {
  const byDeployment = new Map<string, string>();
  for (const { id, apiKey } of deployments) {
    const key = apiKey === undefined ? undefined : listed.find(({ hint }) => fits(apiKey, hint));
    if (key !== undefined) byDeployment.set(id, key.id);
  }
  const ours = new Set([...(named ?? []), ...byDeployment.values()]);
  if (ours.size === 0) return { ofBill: () => UNKNOWN, ofDeployment: () => UNKNOWN };
  const [only = UNKNOWN] = ours;
  // A row whose deployment is gone, or whose key the provider does not list, belongs to a known key only if there is one.
  const canTell = ours.size === 1 || deployments.every(({ id }) => byDeployment.has(id));
  if (!canTell)
    return {
      ofBill: (keyId) => (keyId === undefined || ours.has(keyId) ? UNKNOWN : undefined),
      ofDeployment: () => UNKNOWN,
    };
  return {
    ofBill: (keyId) => (keyId === undefined ? (ours.size === 1 ? only : UNKNOWN) : ours.has(keyId) ? keyId : undefined),
    ofDeployment: (id) => byDeployment.get(id ?? '') ?? (ours.size === 1 ? only : UNKNOWN),
  };
}

/** A hint has the ends of a key, with dots or stars for what is between them. */
function fits(key: string, hint: string | undefined): boolean {
  const [, begin = '', end = ''] = /^([^.*…]+)(?:\.{2,}|\*+|…)([^.*…]*)$/.exec(hint ?? '') ?? [];
  // Less than four letters of an end fit too many keys.
  return begin !== '' && end.length >= 2 && key.startsWith(begin) && key.endsWith(end);
}
