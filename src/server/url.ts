/** The path of a request's URL. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** The query of a request's URL. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}
