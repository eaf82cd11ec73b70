/**
 * Ids inside longer names, such as accounts (`team_member:<team>/<user>`). A client may choose any id: without
 * escaping, a team `a/b` with a user `c` and a team `a` with a user `b/c` would share one budget.
 */

/** An escaped id has no `/` and is unique. Ids without `/` and `%` stay as they are. */
export function escapeId(id: string): string {
  return id.includes('/') || id.includes('%') ? id.replaceAll('%', '%25').replaceAll('/', '%2F') : id;
}

/** The id that was escaped. */
export function unescapeId(escaped: string): string {
  return escaped.includes('%') ? escaped.replaceAll('%2F', '/').replaceAll('%25', '%') : escaped;
}
