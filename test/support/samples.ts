/** Small inputs that many tests send. */

/** A red dot, 1 × 1. */
export const PNG_BASE64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
export const PNG_URL = `data:image/png;base64,${PNG_BASE64}`;
/** The smallest document that calls itself a PDF. */
export const PDF_BASE64 = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF',
).toString('base64');

/** Arguments of the weather tool as a JSON schema. */
export const CITY_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string', description: 'Name of a city' } },
  required: ['city'],
  additionalProperties: false,
};
export const WEATHER_QUESTION = 'What is the weather in Paris?';
/** The simulator calls the weather tool twice at once for this one. */
export const TWO_CITIES_QUESTION = 'What is the weather in Paris and London?';
