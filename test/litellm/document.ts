/** LiteLLM's OpenAPI document of release 1.110: its paths and the fields of its requests. */
import { readFileSync } from 'node:fs';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { isJsonObject } from '../../src/core/json.ts';
import type { ServedRoute } from '../../src/endpoints/question.ts';
import { servedRoutes } from '../../src/server/served-routes.ts';

const DOCUMENT = '../shared/reference/litellm-openapi-1.110.json';

/** A path and method of the document. */
export interface DocumentedOperation {
  /** `POST /team/{team_id}/callback`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  /** The names of its query's parameters. */
  readonly query: readonly string[];
  /** The fields of its body by name, their references resolved. */
  readonly fields: ReadonlyMap<string, JsonObject>;
}

/** The reason for which a test of the document is skipped; false if the document is there. */
export const WITHOUT_DOCUMENT: string | false = documentText() === undefined ? `${DOCUMENT} is absent` : false;

/** Every operation of the document; none where it is absent. */
export function documentedOperations(): readonly DocumentedOperation[] {
  const text = documentText();
  if (text === undefined) return [];
  const document = JSON.parse(text) as JsonObject;
  const resolve = (schema: JsonValue | undefined): JsonObject => {
    if (!isJsonObject(schema)) return {};
    if (typeof schema.$ref !== 'string') return schema;
    const found = schema.$ref
      .slice(2)
      .split('/')
      .reduce<JsonValue | undefined>((at, name) => (isJsonObject(at) ? at[name] : undefined), document);
    return resolve(found);
  };
  return Object.entries(document.paths as JsonObject).flatMap(([path, methods]) =>
    Object.entries(methods as JsonObject).map(([method, operation]): DocumentedOperation => {
      const {
        tags = [],
        requestBody,
        parameters = [],
      } = operation as {
        readonly tags?: string[];
        readonly requestBody?: JsonObject;
        readonly parameters?: JsonObject[];
      };
      const query = parameters.filter((each) => each.in === 'query').map((each) => String(each.name));
      const content = (requestBody?.content as JsonObject | undefined)?.['application/json'] as JsonObject | undefined;
      const verb = method.toUpperCase();
      return { name: `${verb} ${path}`, method: verb, path, tags, query, fields: fieldsOf(content?.schema, resolve) };
    }),
  );
}

function fieldsOf(
  schema: JsonValue | undefined,
  resolve: (schema: JsonValue | undefined) => JsonObject,
): ReadonlyMap<string, JsonObject> {
  const body = alternativesOf(resolve(schema), resolve).find(({ properties }) => properties !== undefined);
  const fields = Object.entries((body?.properties ?? {}) as JsonObject);
  return new Map(fields.map(([name, field]) => [name, alternativesOf(resolve(field), resolve)[0] ?? {}]));
}

/** The schemas of which one has to hold, without `null`. */
function alternativesOf(
  schema: JsonObject,
  resolve: (schema: JsonValue | undefined) => JsonObject,
): readonly JsonObject[] {
  const some = Array.isArray(schema.anyOf) ? schema.anyOf.map(resolve) : [schema];
  return some.filter(({ type }) => type !== 'null');
}

/** The route that serves an operation of the document. */
export function servedBy({ method, path }: Pick<DocumentedOperation, 'method' | 'path'>): ServedRoute | undefined {
  served ??= new Map(servedRoutes().map((route) => [`${route.method} ${shapeOf(route.path)}`, route]));
  return served.get(`${method} ${shapeOf(path)}`);
}

let served: ReadonlyMap<string, ServedRoute> | undefined;

/** A path whose parameters have no names. */
function shapeOf(path: string): string {
  return path.replace(/\{[^}]+\}|:[a-z_A-Z]+|\*/g, '*').replace(/(?<=.)\/$/, '');
}

/** A value that a schema allows. */
export function sampleOf({ type, enum: values, items }: JsonObject): JsonValue {
  if (Array.isArray(values)) return values[0] ?? null;
  if (type === 'string') return 'sample';
  if (type === 'boolean') return false;
  if (type === 'number' || type === 'integer') return 1;
  if (type === 'array') return isJsonObject(items) && items.type === 'string' ? ['sample'] : [];
  return {};
}

function documentText(): string | undefined {
  try {
    return readFileSync(new URL(`../../${DOCUMENT}`, import.meta.url), 'utf8');
  } catch {
    return undefined;
  }
}
