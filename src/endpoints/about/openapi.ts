import { setImmediate } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import type { Answering, ServedRoute, TakenRequest } from '../question.ts';

/** Documents by the list that they were made of: the list never changes in a process. */
const documents = new WeakMap<readonly ServedRoute[], Promise<JsonObject>>();

/** `GET /openapi.json`: the routes that are served, as an OpenAPI document. It says nothing about this instance. */
export const openapi: Answering = async ({ routes }) => {
  let document = documents.get(routes);
  if (document === undefined) {
    document = documentOf(routes);
    documents.set(routes, document);
  }
  return { status: 200, body: await document };
};

async function documentOf(routes: readonly ServedRoute[]): Promise<JsonObject> {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    // Handlers run for this on nothing that waits: others get their turn between two of them.
    await setImmediate();
    const path = openapiPath(route.path);
    paths[path] ??= {};
    // Two routes of one path and method differ by what follows in it; the first is the more special one.
    paths[path][route.method.toLowerCase()] ??= operationOf(route, path, await route.describe?.());
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description:
        'An LLM gateway: the APIs of OpenAI, Anthropic and Google for every model, and LiteLLM’s management API.',
    },
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(routes.map(({ topic }) => topic))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Error: ERROR },
      responses: {
        Error: {
          description: 'Why it was refused or failed.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

const ERROR: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: ['string', 'null'] },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};

/** `/team/:id` → `/team/{id}`; what `*` stands for is called `path`. */
function openapiPath(path: string): string {
  return path
    .replace(/:([a-z_]+)/gi, (whole, name: string, at: number) => (path[at - 1] === '/' ? `{${name}}` : whole))
    .replace(/\*$/, '{path}');
}

function operationOf(
  { method, path: pattern, mainPath, topic, summary, access, isPublic }: ServedRoute,
  path: string,
  taken: TakenRequest | undefined,
): JsonObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const parameters: JsonObject[] = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(taken?.query ?? []).map(({ name, isRequired, schema }) => ({
      name,
      in: 'query',
      ...(isRequired && { required: true }),
      schema,
    })),
  ];
  const takesAny = taken === undefined && (method === 'POST' || method === 'PATCH' || method === 'PUT');
  const body = takesAny ? { type: 'object' } : taken?.body;
  const isOther = pattern !== mainPath;
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll('_', '__').replace(/\W+/g, '_')}`,
    tags: [topic],
    summary,
    description: `${isOther ? `Another path of ${openapiPath(mainPath)}. ` : ''}May be called by ${access}.`,
    ...(isPublic === true && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: { '200': { description: 'The answer.' }, default: { $ref: '#/components/responses/Error' } },
  };
}
