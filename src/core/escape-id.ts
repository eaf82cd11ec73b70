/**
 * Ids inside longer names, such as accounts (`team_member:<team>/<user>`). An id is whatever a client chose: without this, a team
 * `a/b` with a user `c` and a team `a` with a user `b/c` would share one budget.
 */

/** An id without `/`, unlike every other id's. Ids without `/` and `%` stay as they are. */
export function escapeId(id: string): string {
  return id.includes('/') || id.includes('%') ? id.replaceAll('%', '%25').replaceAll('/', '%2F') : id;
}

/** The id that was escaped. */
export function unescapeId(escaped: string): string {
  return escaped.includes('%') ? escaped.replaceAll('%2F', '/').replaceAll('%25', '%') : escaped;
}
