/** Pages for people who open the gateway's address in a browser: no script, nothing from elsewhere. */
import { createHash } from 'node:crypto';
import type { Answer, Answering, ServedRoute } from '../question.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
code{background:#f2f2f2;padding:.1em .3em;border-radius:3px}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#2a2a2a}a{color:#8bf}td,th{border-color:#444}}`;

/** Nothing may be loaded or run; only this style applies. */
const HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** Where things are. */
const PLACES = {
  'models, for clients of OpenAI': '/v1',
  'models, for clients of Anthropic': '/v1/messages',
  'the models that a key may use': '/v1/models',
  'every route': '/docs',
  'the same as an OpenAPI document': '/openapi.json',
  'whether this instance takes requests': '/health/readiness',
  'metrics for Prometheus': '/metrics',
} as const;

/** `GET /` and `GET /ui`: where things are. A browser gets a page, a program gets JSON. */
export const home: Answering = ({ headers }) => {
  if (!String(headers.accept ?? '').includes('text/html'))
    return { status: 200, body: { message: 'This is Sluice, an LLM gateway.', places: { ...PLACES } } };
  const rows = Object.entries(PLACES).map(
    ([what, path]) => `<tr><td>${what}<td><a href="${path}"><code>${path}</code></a>`,
  );
  return page(
    'Sluice',
    `<p>This is an LLM gateway. Requests need a key: <code>Authorization: Bearer sk-…</code>. Ask its operator for one.</p>
<table>${rows.join('\n')}</table>
<p>There is no web interface: keys, teams and budgets are managed by the routes of the management API.</p>`,
  );
};

/** Pages by the list that they were made of: the list never changes in a process. */
const pages = new WeakMap<readonly ServedRoute[], Answer>();

/** `GET /docs`: every route, what it does and who may call it. */
export const docs: Answering = ({ routes }) => {
  let made = pages.get(routes);
  if (made === undefined) {
    made = page('Routes', routesAsHtml(routes));
    pages.set(routes, made);
  }
  return made;
};

function routesAsHtml(routes: readonly ServedRoute[]): string {
  const topics = [...new Set(routes.map(({ topic }) => topic))];
  const sections = topics.map((topic) => {
    const main = routes.filter((route) => route.topic === topic && route.path === route.mainPath);
    const rows = main.map(({ method, path, summary, access }) => {
      const others = routes.filter(
        (route) => route.mainPath === path && route.method === method && route.path !== path,
      );
      const also = others.length === 0 ? '' : `<br>also ${others.map((route) => code(route.path)).join(', ')}`;
      return `<tr><td>${code(`${method} ${path}`)}${also}<td>${asHtml(summary)}<td>${asHtml(access)}`;
    });
    return `<h2>${asHtml(topic)}</h2>\n<table><tr><th>route<th>what it does<th>who may call it\n${rows.join('\n')}</table>`;
  });
  return `<p>The same as an OpenAPI document: <a href="/openapi.json"><code>/openapi.json</code></a>.</p>\n${sections.join('\n')}`;
}

function page(title: string, body: string): Answer {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1>\n${body}\n</html>\n`;
  return { status: 200, body: null, page: { html, headers: HEADERS } };
}

function code(text: string): string {
  return `<code>${asHtml(text)}</code>`;
}

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
