import type { PythonPackages } from './python-program.ts';

/** Packages of Python that speak the Responses API or Gemini's format, in one environment. */
export const PYTHON_SDKS: PythonPackages = {
  name: 'sdks-of-today',
  packages: [
    'openai==3.57.0',
    'openai-agents==0.24.0',
    'pydantic-ai-slim[openai,google]==2.68.0',
    'google-genai==2.34.0',
  ],
  modules: ['openai', 'agents', 'pydantic_ai', 'google.genai'],
};
