import { isJsonObject } from '../../core/json.ts';
import { type BudgetMembers, type MemberRule, pricedTier } from '../budget-members.ts';
import { GEMINI_TOOL, refusedIn } from '../tool-contents.ts';

/**
 * What a request under a budget may have (https://ai.google.dev/api/generate-content, 2026-11-23), in both spellings of the API. Left out
 * are cached contents, which bring a prompt that is not counted, and tools that run code, fetch pages or search without a price.
 */
export const GEMINI_BUDGET_MEMBERS: BudgetMembers = {
  harmless: new Set([
    'model',
    'contents',
    'content',
    'requests',
    'systemInstruction',
    'system_instruction',
    'tools',
    'toolConfig',
    'tool_config',
    'safetySettings',
    'safety_settings',
    'labels',
    'store',
    // Of embeddings: what the vector is for, and how long it is.
    'taskType',
    'task_type',
    'title',
    'outputDimensionality',
    'output_dimensionality',
  ]),
  checked: new Map<string, MemberRule>([
    ['generationConfig', generation],
    ['generation_config', generation],
    ['serviceTier', pricedTier],
    ['service_tier', pricedTier],
  ]),
  takesTool: (kind, prices) =>
    kind === 'functionDeclarations' ||
    kind === 'function_declarations' ||
    (prices.search && /^google_?search$/i.test(kind)),
  refusedInTool: (tool) => refusedIn(tool, GEMINI_TOOL),
};

const GENERATION: ReadonlySet<string> = new Set([
  'temperature',
  'topp',
  'topk',
  'candidatecount',
  'maxoutputtokens',
  'stopsequences',
  'responsemimetype',
  'responseschema',
  'responsejsonschema',
  'presencepenalty',
  'frequencypenalty',
  'seed',
  'logprobs',
  'responselogprobs',
  'thinkingconfig',
  'mediaresolution',
  'enableenhancedcivicanswers',
  'responseformat',
]);

/** Settings of text; speech and images are priced otherwise. */
function generation(value: unknown, { audio }: { readonly audio: boolean }): boolean {
  if (!isJsonObject(value)) return false;
  return Object.entries(value).every(([name, setting]) => {
    const plain = name.replaceAll('_', '').toLowerCase();
    if (GENERATION.has(plain)) return true;
    if (plain === 'speechconfig') return audio;
    if (plain !== 'responsemodalities' || !Array.isArray(setting)) return false;
    return setting.every((each) => /^text$/i.test(String(each)) || (audio && /^audio$/i.test(String(each))));
  });
}
