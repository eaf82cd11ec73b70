/** Programs and packages of Python that the tests drive, by the environments that they share. */
import type { PythonPackages } from './python-program.ts';

/** Packages of Python that speak the Responses API, and Google's as pydantic-ai takes it. */
export const PYTHON_SDKS: PythonPackages = {
  name: 'sdks-of-today',
  packages: ['openai==3.57.0', 'openai-agents==0.24.0', 'pydantic-ai-slim[openai,google]==2.68.0'],
  modules: ['openai', 'agents', 'pydantic_ai', 'google.genai'],
};

/** Google's package; pydantic-ai needs an older one. */
export const PYTHON_GENAI: PythonPackages = {
  name: 'genai',
  packages: ['google-genai==3.6.1'],
  modules: ['google.genai', 'pydantic'],
};

/** The program aider. */
export const PYTHON_AIDER: PythonPackages = {
  name: 'aider',
  packages: ['aider-chat==0.86.2'],
  modules: ['aider'],
};

/** The program llm. */
export const PYTHON_LLM: PythonPackages = { name: 'llm', packages: ['llm==0.36'], modules: ['llm'] };

/** What else docs/guides/clients.md has a recipe for. */
export const PYTHON_FRAMEWORKS: PythonPackages = {
  name: 'frameworks',
  packages: ['anthropic==2.14.0', 'langchain-openai==1.7.4', 'llama-index-llms-openai-like==0.8.1'],
  modules: ['anthropic', 'langchain_openai', 'llama_index.llms.openai_like'],
};

/** The version to which a package is pinned. */
export function pinnedPackage({ packages }: PythonPackages, name: string): string {
  const pin = packages.map((spec) => spec.replace(/\[.*\]/, '').split('==')).find(([pinned]) => pinned === name);
  return pin?.[1] ?? '';
}
