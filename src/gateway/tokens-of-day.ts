import { unescapeId } from '../core/escape-id.ts';
import type { Ledger } from '../stores/contracts/ledger.ts';

/** The tokens that a scope used in the day (by UTC) that began at a moment, as the ledger's sums know them. */
export async function tokensOfDay(ledger: Ledger, scope: string, startsAtMs: number): Promise<bigint> {
  const filter = filterOf(scope);
  if (filter === undefined) return 0n;
  const date = new Date(startsAtMs).toISOString().slice(0, 10);
  let tokens = 0;
  for (const { inputTokens, outputTokens } of await ledger.activity({ ...filter, fromDate: date, toDate: date }, [])) {
    tokens += inputTokens + outputTokens;
  }
  return BigInt(tokens);
}

function filterOf(scope: string): Parameters<Ledger['activity']>[0] | undefined {
  const [, kind = '', rest = ''] = /^(\w+):(.*)$/s.exec(scope) ?? [];
  const [id = '', member = ''] = rest.split('/').map(unescapeId);
  switch (kind) {
    case 'key':
      return { keyHash: id };
    case 'team':
      return { teamId: id };
    case 'user':
      return { userId: id };
    case 'organization':
      return { organizationId: id };
    case 'customer':
      return { customerId: id };
    case 'tag':
      return { tag: id };
    case 'team_member':
      return { teamId: id, userId: member };
    case 'organization_member':
      return { organizationId: id, userId: member };
    default:
      return undefined;
  }
}
