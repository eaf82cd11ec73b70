/** Golden cases of the format `gemini-generate`; `golden-cases.ts` says what they are. */
import { geminiGenerate } from '../../src/formats/gemini-generate/index.ts';
import { testGoldenCases } from './golden-cases.ts';

testGoldenCases({
  format: geminiGenerate,
  facts: { id: 'resp_gateway', model: 'fast', createdSeconds: 1_700_000_000, streamUsage: true },
  hasModelInUrl: true,
});
