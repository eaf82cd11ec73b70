/** LiteLLM's OpenAPI document, as judges of answers. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';

const DOCUMENT = new URL('../../../shared/reference/litellm-openapi.yaml', import.meta.url);

/** Says what is wrong with a value by a schema of the document; undefined where nothing is. */
export type Judge = (schemaName: string, value: JsonValue) => string | undefined;

/** Undefined where the document is absent. */
export function litellmJudge(): Judge | undefined {
  let text: string;
  try {
    text = readFileSync(DOCUMENT, 'utf8');
  } catch {
    return undefined;
  }
  const { components } = JSON.parse(text) as { readonly components: JsonObject };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'litellm', components });
  return (schemaName, value) => {
    const isList = schemaName.endsWith('[]');
    const $ref = `litellm#/components/schemas/${isList ? schemaName.slice(0, -2) : schemaName}`;
    const key = `${schemaName} judged`;
    const validate =
      ajv.getSchema(key) ?? ajv.compile({ $id: key, ...(isList ? { type: 'array', items: { $ref } } : { $ref }) });
    return validate(value) === true ? undefined : ajv.errorsText(validate.errors);
  };
}
