/** The path of a request's URL. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** The query of a request's URL. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(queryTextOf(url) ?? '');
}

/** What follows `?`; undefined if nothing does. */
export function queryTextOf(url: string | undefined): string | undefined {
  const start = url?.indexOf('?') ?? -1;
  return start < 0 ? undefined : url?.slice(start + 1);
}

/** What a path has in the place of `*` or of `:response`. */
export function parameterOf(params: unknown): string | undefined {
  const { '*': rest, response } = params as { '*'?: string; response?: string };
  return rest ?? response;
}
