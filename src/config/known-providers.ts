/** Which provider a model name means: by its prefix, by what the configuration says, or by the names a provider is known for. */
import { compileWildcard, type Wildcard } from '../core/wildcard.ts';
import { didYouMean } from './did-you-mean.ts';

/** What a deployment asks for tokens as, and the token itself. */
type IdentityField =
  | 'tenantId'
  | 'clientId'
  | 'clientSecret'
  | 'userName'
  | 'userPassword'
  | 'scope'
  | 'authority'
  | 'token';

/** As whom a deployment asks for tokens, or the token. */
export type ConfiguredIdentity = Readonly<Partial<Record<IdentityField, string>>>;

/** What the configuration needs to know of a provider; `Provider` of `src/providers/provider.ts` fits. */
export interface KnownProvider {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly keyVariables: readonly string[];
  readonly baseUrlVariables?: readonly string[];
  /** Variables that say as whom tokens are asked for in place of a key. */
  readonly identityVariables?: Readonly<Partial<Record<IdentityField, string>>>;
  readonly keyOptional?: boolean;
  readonly defaultBaseUrl?: string;
  /** Model names that mean this provider without a prefix, `*` for anything: `gpt-*`. */
  readonly modelPatterns?: readonly string[];
  /** Whether it is for any server of its format: it takes a model of unknown prefix if the deployment has an `api_base`. */
  readonly isCustomEndpoint?: boolean;
  readonly operations?: { readonly response?: unknown };
}

/** A provider and the model name it knows. */
export interface ProviderModel {
  readonly provider: KnownProvider;
  readonly model: string;
  /** Whether the model was written as `provider/responses/model`. */
  readonly isByResponses?: boolean;
}

/** How LiteLLM writes that a model is asked by the Responses API: `openai/responses/gpt-5` (docs.litellm.ai, response_api, 2026-11). */
const BY_RESPONSES = 'responses/';

/** Finds providers by name, alias or model name. */
export class ProviderDirectory {
  readonly all: readonly KnownProvider[];
  readonly #byName = new Map<string, KnownProvider>();
  readonly #patterns: readonly { readonly wildcard: Wildcard; readonly provider: KnownProvider }[];
  readonly #customEndpoint: KnownProvider | undefined;

  constructor(providers: readonly KnownProvider[]) {
    this.all = providers;
    for (const provider of providers) {
      for (const name of [provider.name, ...(provider.aliases ?? [])]) this.#byName.set(name, provider);
    }
    this.#patterns = providers.flatMap((provider) =>
      (provider.modelPatterns ?? []).map((pattern) => ({ wildcard: compileWildcard(pattern), provider })),
    );
    this.#customEndpoint = providers.find((provider) => provider.isCustomEndpoint === true);
  }

  find(name: string): KnownProvider | undefined {
    return this.#byName.get(name);
  }

  /** The provider of `written` (a `model` setting), or undefined if nothing names one. */
  resolve(written: string, named: string | undefined, hasApiBase: boolean): ProviderModel | undefined {
    const found = this.#resolve(written.startsWith(BY_RESPONSES) ? afterPrefix(written) : written, named, hasApiBase);
    if (found?.provider.operations?.response === undefined) {
      return written.startsWith(BY_RESPONSES) ? this.#resolve(written, named, hasApiBase) : found;
    }
    if (found.model.startsWith(BY_RESPONSES)) return { ...found, model: afterPrefix(found.model), isByResponses: true };
    return written.startsWith(BY_RESPONSES) ? { ...found, isByResponses: true } : found;
  }

  #resolve(written: string, named: string | undefined, hasApiBase: boolean): ProviderModel | undefined {
    const slash = written.indexOf('/');
    const prefix = slash > 0 ? written.slice(0, slash) : undefined;
    const rest = slash > 0 ? written.slice(slash + 1) : written;
    if (named !== undefined) {
      const provider = this.find(named);
      if (provider === undefined) return undefined;
      return { provider, model: prefix !== undefined && this.find(prefix) === provider ? rest : written };
    }
    const prefixed = prefix === undefined ? undefined : this.find(prefix);
    if (prefixed !== undefined) return { provider: prefixed, model: rest };
    const known = prefix === undefined ? this.#byModelName(written) : undefined;
    if (known !== undefined) return { provider: known, model: written };
    if (hasApiBase && this.#customEndpoint !== undefined) return { provider: this.#customEndpoint, model: written };
    return undefined;
  }

  /** The provider name that was probably intended. */
  suggest(name: string): string | undefined {
    return didYouMean(name, this.#byName.keys())?.word;
  }

  /** A model without a prefix, with that of the provider which is known for it. */
  withProvider(model: string): string | undefined {
    const known = model.includes('/') ? undefined : this.#byModelName(model);
    return known === undefined ? undefined : `${known.name}/${model}`;
  }

  #byModelName(model: string): KnownProvider | undefined {
    return this.#patterns.find(({ wildcard }) => wildcard.match(model) !== undefined)?.provider;
  }
}

const afterPrefix = (model: string): string => model.slice(BY_RESPONSES.length);
