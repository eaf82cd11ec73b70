/** The members that have a value; those whose value may be undefined become optional ones. */
type Defined<Members> = {
  readonly [Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name];
} & {
  readonly [Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<
    Members[Name],
    undefined
  >;
};

/** Drops the members without a value, as `exactOptionalPropertyTypes` demands. */
export function defined<Members extends object>(members: Members): Defined<Members> {
  const result: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) result[name] = members[name];
  return result as Defined<Members>;
}
