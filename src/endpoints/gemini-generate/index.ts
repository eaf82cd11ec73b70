/** Google's operations of a model, each a word behind the model's name: `/v1beta/models/NAME:generateContent`. */
import type { Endpoint } from '../../exchange/endpoint.ts';
import { chat } from '../../operations/chat.ts';
import { countTokens as count } from '../../operations/count-tokens.ts';
import { embedding } from '../../operations/embedding.ts';

/** An answer in Gemini's format. */
export const generateContent: Endpoint = {
  name: ':generateContent',
  operation: chat,
  format: 'gemini-generate',
  stream: false,
};

/** The same as a stream. */
export const streamGenerateContent: Endpoint = {
  name: ':streamGenerateContent',
  operation: chat,
  format: 'gemini-generate',
  stream: true,
};

/** How many tokens a request has. */
export const countTokens: Endpoint = {
  name: ':countTokens',
  operation: count,
  format: 'gemini-generate',
  stream: false,
};

/** The vector of one text. */
export const embedContent: Endpoint = {
  name: ':embedContent',
  operation: embedding,
  format: 'gemini-generate',
  stream: false,
};

/** The vectors of several texts. */
export const batchEmbedContents: Endpoint = { ...embedContent, name: ':batchEmbedContents' };
