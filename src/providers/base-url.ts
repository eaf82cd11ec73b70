/** A base URL taken apart, ready for an operation's path to be put behind it. */
interface BaseUrl {
  readonly origin: string;
  /** Without a trailing slash; empty for the root. */
  readonly path: string;
  /** Query parameters the configuration gave, kept on every call. */
  readonly query: URLSearchParams;
}

/**
 * Takes `api_base` apart. `endings` are paths of operations: a base that already ends with one of them (people paste the whole
 * URL) loses it. A base that names only the host of `official` gets that URL's path: `https://api.openai.com` means `…/v1`.
 * Throws TypeError for anything but an absolute http(s) URL; the configuration is checked before it comes here.
 */
export function splitBaseUrl(baseUrl: string, endings: readonly string[], official?: string): BaseUrl {
  const url = new URL(baseUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`api_base must be an http or https URL, not ${url.protocol}`);
  }
  let path = url.pathname.replace(/\/+$/, '');
  const ending = endings.find((candidate) => path.endsWith(candidate));
  if (ending !== undefined) path = path.slice(0, -ending.length).replace(/\/+$/, '');
  if (path === '' && ending === undefined && official !== undefined) {
    const known = new URL(official);
    if (known.host === url.host) path = known.pathname.replace(/\/+$/, '');
  }
  return { origin: url.origin, path, query: url.searchParams };
}

/** The path of a call with its query: `/v1/chat/completions?api-version=…`. */
export function pathWithQuery(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** One segment of a path. A model's slash, colon or question mark must not become structure, nor a dot a step. */
export function pathSegment(text: string): string {
  return /^\.{1,2}$/.test(text) ? text.replaceAll('.', '%252E') : encodeURIComponent(text);
}
