/** Tools that the provider runs itself, as far as more than one provider has them. */
import type { JsonObject } from '../../core/json.ts';
import type { FormatId } from './format-id.ts';

/** The kinds of them. */
type ServerToolKind = 'web-search';

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

/** One of them in the list of tools. */
export interface ServerTool {
  readonly type: 'server';
  readonly tool: ServerToolKind;
  /** By which a choice among the tools names it. */
  readonly name: string;
  readonly search: SearchSettings;
  /** The tool as the client wrote it. */
  readonly raw: { readonly format: FormatId; readonly value: JsonObject };
  /** The parameter that asks for it, if it is not in the list of tools. */
  readonly parameter?: string;
}

/** A page that a search found. */
export interface SearchSource {
  readonly url: string;
  readonly title?: string;
}

/** A step of such a tool in an answer. */
export interface ServerCallPart {
  readonly type: 'server-call';
  readonly tool: ServerToolKind;
  /** `whole`: the call and its result in one. */
  readonly step: 'begins' | 'ends' | 'whole';
  readonly id: string;
  readonly queries?: readonly string[];
  readonly sources?: readonly SearchSource[];
  /** The provider's word for why it failed. */
  readonly failure?: string;
  /** The step as the provider wrote it, for its own format. */
  readonly raw?: { readonly format: FormatId; readonly value: JsonObject };
}
