import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerText } from './answer-text.ts';

const BASE64 = Buffer.from('picture '.repeat(100)).toString('base64');
const ADDRESS = `data:image/png;base64,${BASE64}`;

describe('the words of an answer', () => {
  for (const [what, answer] of Object.entries({
    'a string that looks like a data address': { choices: [{ message: { content: ADDRESS } }] },
    'a string that looks like base64': { choices: [{ message: { content: BASE64 } }] },
    'what a tool is called with at Anthropic': { content: [{ type: 'tool_use', input: { data: BASE64 } }] },
    'names of media in what a tool is called with': {
      content: [{ input: { source: { data: BASE64, b64_json: BASE64 } } }],
    },
    'what a function is called with at Gemini': {
      parts: [{ functionCall: { args: { inlineData: { data: BASE64 } } } }],
    },
    'a member of a name that holds media elsewhere': { choices: [{ message: { data: BASE64 } }] },
  })) {
    test(`${what} is text`, () => assert.ok(answerText(answer).includes(BASE64)));
  }

  for (const [what, answer] of Object.entries({
    'an image of OpenAI': { data: [{ b64_json: BASE64 }] },
    'speech of OpenAI': { choices: [{ message: { audio: { data: BASE64 } } }] },
    'an image of OpenRouter': { choices: [{ message: { images: [{ image_url: { url: ADDRESS } }] } }] },
    'an image of Gemini': { parts: [{ inlineData: { mimeType: 'image/png', data: BASE64 } }] },
  })) {
    test(`${what} is not text`, () => assert.ok(!answerText(answer).includes(BASE64)));
  }
});
