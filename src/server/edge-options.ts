import type { ManagementContext } from '../admin/contract.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { EdgeLimits } from './client-time-limits.ts';

/** What the HTTP edge is made of. */
export interface EdgeOptions {
  readonly parts: Parts;
  readonly version: string;
  /** The configuration in effect now. */
  readonly snapshot: () => Snapshot;
  /** What the management API works with. */
  readonly management: () => ManagementContext | undefined;
  /** In place of the usual ones. */
  readonly limits?: Partial<EdgeLimits>;
  /** The text of `/metrics`, in parts. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: AsyncIterable<string> }>;
}
