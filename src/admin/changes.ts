/** What a request changes of a stored object. */
import type { JsonObject } from '../core/json.ts';
import type { Limits, Stored } from '../stores/contracts/directory.ts';

/** A field as it was sent: its value, `null` to clear it, undefined if it was not sent. */
export type Sent<Value> = Value | null | undefined;

/** Members to set, or to clear with `null`. */
export type Changes<Value> = { readonly [Name in keyof Value]?: Sent<Value[Name]> };

/** An object with members set, or removed if the change is `null`. */
export function withChanges<Value extends Base, Base extends object = Value>(
  value: Value,
  changes: Changes<NoInfer<Base>>,
): Value {
  const changed = { ...value };
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) Reflect.deleteProperty(changed, name);
    else if (change !== undefined) Object.assign(changed, { [name]: change });
  }
  return changed;
}

/** The value after a change of a member that cannot be missing: `null` makes it empty. */
export function changedTo<Value>(sent: Sent<Value>, before: Value, empty: Value): Value {
  return sent === undefined ? before : (sent ?? empty);
}

/** An object with changed limits; a new budget period begins now. */
export function changeLimits<Value extends Limits>(value: Value, changes: Changes<Limits>, nowMs: number): Value {
  const { budgetDuration } = changes;
  const hasNewPeriod = budgetDuration !== undefined && budgetDuration !== value.budgetDuration;
  return withChanges<Value, Limits>(value, hasNewPeriod ? { ...changes, budgetAnchorMs: nowMs } : changes);
}

/** What keys, teams and users have in common. */
interface Holder extends Stored, Limits {
  readonly models: readonly string[];
  readonly blocked: boolean;
}

/** What a request changes of it. */
export interface HolderChanges {
  readonly models: Sent<readonly string[]>;
  readonly metadata: Sent<JsonObject>;
  readonly blocked: Sent<boolean>;
  readonly limits: Changes<Limits>;
  readonly further: JsonObject;
}

/** When an object was last changed, and by whom. */
export type Changed = Pick<Stored, 'updatedAtMs' | 'updatedBy'>;

/** A key, team or user with the changes. */
export function changeHolder<Value extends Holder>(value: Value, changes: HolderChanges, stamps: Changed): Value {
  return {
    ...changeLimits(value, changes.limits, stamps.updatedAtMs),
    models: changedTo(changes.models, value.models, []),
    blocked: changedTo(changes.blocked, value.blocked, false),
    metadata: changedTo(changes.metadata, value.metadata, {}),
    further: { ...value.further, ...changes.further },
    ...stamps,
  };
}
