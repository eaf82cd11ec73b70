/**
 * Objects as text and back. JSON has no bigint: the fields that hold money are written as decimal strings of pico-USD, known by
 * their names in the contract and never guessed from what a value looks like.
 */
import type { Limits, PeriodBudget } from '../../contracts/directory.ts';

/** Limits with every amount of money a string. */
interface StoredLimits {
  maxBudget?: string;
  softBudget?: string;
  budgetLimits?: StoredBudget[];
  modelMaxBudget?: Record<string, StoredBudget>;
  tempBudgetIncrease?: { amount: string; untilMs: number };
  memberDefaults?: StoredLimits;
}
type StoredBudget = { max: string; duration?: string };
type WithMembers = Limits & { readonly memberDefaults?: Limits };

/** Writes any object; where it has limits, their money too. */
export function encodeObject(value: Limits): string {
  return JSON.stringify({ ...value, ...moneyOut(value) });
}

/** Reads what `encodeObject` wrote. */
export function decodeObject<Value>(text: string): Value {
  const stored = JSON.parse(text) as StoredLimits;
  return { ...stored, ...moneyIn(stored) } as unknown as Value;
}

function moneyOut(value: WithMembers): StoredLimits {
  const { maxBudget, softBudget, budgetLimits, modelMaxBudget, tempBudgetIncrease, memberDefaults } = value;
  const out: StoredLimits = {};
  if (maxBudget !== undefined) out.maxBudget = String(maxBudget);
  if (softBudget !== undefined) out.softBudget = String(softBudget);
  if (budgetLimits !== undefined) out.budgetLimits = budgetLimits.map(budgetOut);
  if (modelMaxBudget !== undefined) out.modelMaxBudget = mapValues(modelMaxBudget, budgetOut);
  if (tempBudgetIncrease !== undefined) {
    out.tempBudgetIncrease = { ...tempBudgetIncrease, amount: String(tempBudgetIncrease.amount) };
  }
  if (memberDefaults !== undefined)
    out.memberDefaults = { ...memberDefaults, ...moneyOut(memberDefaults) } as StoredLimits;
  return out;
}

function moneyIn(stored: StoredLimits): WithMembers {
  const { maxBudget, softBudget, budgetLimits, modelMaxBudget, tempBudgetIncrease, memberDefaults } = stored;
  return {
    ...(maxBudget === undefined ? {} : { maxBudget: BigInt(maxBudget) }),
    ...(softBudget === undefined ? {} : { softBudget: BigInt(softBudget) }),
    ...(budgetLimits === undefined ? {} : { budgetLimits: budgetLimits.map(budgetIn) }),
    ...(modelMaxBudget === undefined ? {} : { modelMaxBudget: mapValues(modelMaxBudget, budgetIn) }),
    ...(tempBudgetIncrease === undefined
      ? {}
      : { tempBudgetIncrease: { ...tempBudgetIncrease, amount: BigInt(tempBudgetIncrease.amount) } }),
    ...(memberDefaults === undefined
      ? {}
      : { memberDefaults: { ...memberDefaults, ...moneyIn(memberDefaults) } as unknown as Limits }),
  };
}

const budgetOut = (budget: PeriodBudget): StoredBudget => ({ ...budget, max: String(budget.max) });
const budgetIn = (budget: StoredBudget): PeriodBudget => ({ ...budget, max: BigInt(budget.max) });

function mapValues<From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  // Not by assignment: a model may be called `__proto__`.
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
