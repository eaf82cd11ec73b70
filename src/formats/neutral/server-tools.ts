/** Tools that the provider runs itself, as far as more than one provider has them. */
import type { JsonObject } from '../../core/json.ts';
import type { FormatId } from './format-id.ts';

/** Where a search is made from. */
export interface SearchLocation {
  readonly city?: string;
  readonly region?: string;
  readonly country?: string;
  readonly timezone?: string;
}

/** What a client says about searches of the web. */
export interface SearchSettings {
  readonly allowedDomains?: readonly string[];
  readonly blockedDomains?: readonly string[];
  readonly location?: SearchLocation;
  readonly contextSize?: string;
  readonly mostSearches?: number;
  /** Pages may only come from a store, never from the web: a promise that OpenAI alone gives (`external_web_access`). */
  readonly isOffline?: true;
  /** Members that only the client's own format knows: what they ask for is not known. */
  readonly others: readonly string[];
}

/** A tool that the provider runs, in the list of tools. */
interface ListedTool {
  readonly type: 'server';
  /** By which a choice among the tools names it. */
  readonly name: string;
  /** The tool as the client wrote it. */
  readonly raw: { readonly format: FormatId; readonly value: JsonObject };
}

/** One that searches the web. */
export interface SearchTool extends ListedTool {
  readonly tool: 'web-search';
  readonly search: SearchSettings;
  /** The parameter that asks for it, if it is not in the list of tools. */
  readonly parameter?: string;
}

/** One that runs code in a container that the provider makes for the request, without files of the client's. */
export interface CodeTool extends ListedTool {
  readonly tool: 'code-execution';
}

export type ServerTool = SearchTool | CodeTool;

/** A page that a search found. */
export interface SearchSource {
  readonly url: string;
  readonly title?: string;
}

/** A step of such a tool in an answer. */
interface CallStep {
  readonly type: 'server-call';
  /** `whole`: the call and its result in one. */
  readonly step: 'begins' | 'ends' | 'whole';
  readonly id: string;
  /** The provider's word for why it failed. */
  readonly failure?: string;
  /** The step as the provider wrote it, for its own format. */
  readonly raw?: { readonly format: FormatId; readonly value: JsonObject };
}

/** A step of a search of the web. */
export interface SearchStep extends CallStep {
  readonly tool: 'web-search';
  readonly queries?: readonly string[];
  readonly sources?: readonly SearchSource[];
}

/** A step of code that was run. */
export interface CodeStep extends CallStep {
  readonly tool: 'code-execution';
  readonly code?: string;
  /** What it printed. */
  readonly output?: string;
}

export type ServerCallPart = SearchStep | CodeStep;
