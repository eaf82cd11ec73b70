import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { fromOpenApiSchema, toJsonSchema, toOpenApiSchema } from './schema.ts';

function openApi(schema: JsonObject): { schema: JsonObject; dropped: string[] } {
  const dropped: string[] = [];
  return { schema: toOpenApiSchema(schema, (path) => dropped.push(path)), dropped };
}

describe('a schema for Gemini', () => {
  it('is left as it stands as JSON Schema, but for constants and the dialect', () => {
    const schema = { $schema: 'x', type: 'object', properties: { const: { const: 'a' } }, enum: [{ const: 1 }] };
    assert.deepEqual(
      toJsonSchema(schema, () => {}),
      { type: 'object', properties: { const: { enum: ['a'] } }, enum: [{ const: 1 }] },
    );
  });

  it('has no word beside a reference, and no allOf of one', () => {
    const node = { $ref: '#/$defs/node' };
    assert.deepEqual(
      toJsonSchema({ ...node, $defs: { node: {} }, properties: {} }, () => {}),
      { anyOf: [node], $defs: { node: {} }, properties: {} },
    );
    assert.deepEqual(
      toJsonSchema(
        { properties: { a: { ...node, description: 'd' }, b: { allOf: [node], title: 't' }, c: node } },
        () => {},
      ),
      { properties: { a: { anyOf: [node], description: 'd' }, b: { anyOf: [node], title: 't' }, c: node } },
    );
  });

  it('has its references resolved in the OpenAPI subset, those to itself cut', () => {
    const { schema, dropped } = openApi({
      $ref: '#/definitions/node',
      definitions: { node: { type: 'object', properties: { child: { $ref: '#/definitions/node' } } } },
    });
    assert.deepEqual(schema, { type: 'OBJECT', properties: { child: { type: 'OBJECT' } } });
    assert.deepEqual(dropped, ['properties.child.$ref']);
    assert.deepEqual(openApi({ $ref: '#/nowhere' }).dropped, ['$ref']);
    assert.deepEqual(openApi({ $ref: 'https://elsewhere.test/schema' }).dropped, ['$ref']);
  });

  it('says null as nullable however it is written', () => {
    const nullable = { nullable: true, type: 'STRING' };
    assert.deepEqual(openApi({ type: ['string', 'null'] }).schema, nullable);
    assert.deepEqual(openApi({ anyOf: [{ type: 'string' }, { type: 'null' }] }).schema, nullable);
    assert.deepEqual(openApi({ type: 'string', nullable: true }).schema, nullable);
    assert.deepEqual(openApi({ type: ['string', 'integer', 'null'] }).schema, {
      nullable: true,
      anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }],
    });
  });

  it('reports each word that is left out by its place', () => {
    const { dropped } = openApi({
      type: 'object',
      properties: {
        a: { type: 'string', format: 'uri', not: {} },
        b: { type: 'array', items: { type: 'number', multipleOf: 2 } },
      },
      additionalProperties: false,
    });
    assert.deepEqual(dropped, [
      'additionalProperties',
      'properties.a.not',
      'properties.a.format',
      'properties.b.items.multipleOf',
    ]);
  });

  it('comes back from the OpenAPI subset as JSON Schema', () => {
    assert.deepEqual(
      fromOpenApiSchema({ type: 'STRING', nullable: true, enum: ['a'], format: 'enum', maxLength: '5' }),
      { type: ['string', 'null'], enum: ['a', null], maxLength: 5 },
    );
    assert.deepEqual(fromOpenApiSchema({ anyOf: [{ type: 'NUMBER' }], nullable: true }), {
      anyOf: [{ type: 'number' }, { type: 'null' }],
    });
  });

  it('never fails on any object, however wrong or deep', () => {
    const word = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'allOf',
      '$ref',
      '$defs',
      'const',
      'enum',
      'format',
      'x',
      '__proto__',
    );
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        fc.constantFrom<JsonValue[]>('object', 'string', 'null', '#', '#/$defs/x', '#/properties', null, 1, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(word, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(value, (schema) => {
        if (!isJsonObject(schema)) return;
        openApi(schema);
        toJsonSchema(schema, () => {});
        fromOpenApiSchema(schema);
      }),
      { numRuns: 1000 },
    );
    let deep: JsonObject = { type: 'string' };
    for (let depth = 0; depth < 5000; depth += 1) deep = { type: 'object', properties: { a: deep } };
    assert.ok(openApi(deep).dropped.length > 0);
    toJsonSchema(deep, () => {});
    fromOpenApiSchema(deep);
  });
});
