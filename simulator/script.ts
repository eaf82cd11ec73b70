import type { ScriptHandle, ScriptMatch, ScriptRule } from './contract.ts';
import { readFaults } from './faults/spelling.ts';

/** What rules are matched against. */
interface Matched {
  readonly model: string;
  readonly path: string;
  readonly deployment: string;
  readonly operation: string;
  readonly isStream: boolean;
}

interface LaidRule {
  readonly rule: ScriptRule;
  /** Requests that matched everything but `nth`. */
  seen: number;
  applied: number;
}

/** The rules that are laid down, in their order. */
export class Script {
  readonly #rules: LaidRule[] = [];

  add(rule: ScriptRule): ScriptHandle {
    // A misspelled fault shall fail here, where it was written.
    if (rule.fault !== undefined) readFaults(rule.fault);
    const laid: LaidRule = { rule, seen: 0, applied: 0 };
    this.#rules.push(laid);
    return {
      applied: () => laid.applied,
      remove: () => {
        const at = this.#rules.indexOf(laid);
        if (at >= 0) this.#rules.splice(at, 1);
      },
    };
  }

  /** The first rule for a request, which it uses up by one. */
  take(request: Matched): ScriptRule | undefined {
    for (const laid of this.#rules) {
      const { match = {}, times = Number.POSITIVE_INFINITY } = laid.rule;
      if (laid.applied >= times || !matches(match, request)) continue;
      laid.seen += 1;
      if (match.nth !== undefined && match.nth !== laid.seen) continue;
      laid.applied += 1;
      return laid.rule;
    }
    return undefined;
  }

  clear(): void {
    this.#rules.length = 0;
  }
}

function matches(match: ScriptMatch, request: Matched): boolean {
  if (match.model !== undefined && !isLike(request.model, match.model)) return false;
  if (match.path !== undefined && !request.path.includes(match.path)) return false;
  if (match.deployment !== undefined && match.deployment !== request.deployment) return false;
  if (match.operation !== undefined && match.operation !== request.operation) return false;
  return match.isStream === undefined || match.isStream === request.isStream;
}

function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
