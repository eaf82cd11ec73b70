/**
 * Objects as text and back. JSON has no bigint: fields that hold money are written as decimal strings of pico-USD.
 * These fields are listed here by their names in the contract, and never guessed from a value.
 */
import { defined } from '../../core/defined.ts';
import type { Limits, PeriodBudget } from './directory.ts';

type StoredBudget = Omit<PeriodBudget, 'max'> & { readonly max: string };

/** The limits that hold money, with every amount as text. */
interface StoredMoney {
  readonly maxBudget?: string;
  readonly softBudget?: string;
  readonly budgetLimits?: readonly StoredBudget[];
  readonly modelMaxBudget?: Readonly<Record<string, StoredBudget>>;
  readonly tempBudgetIncrease?: { readonly amount: string; readonly untilMs: number };
}
type StoredLimits = Omit<Limits, keyof StoredMoney> & StoredMoney;

/** An object with its limits, and those that a team gives to its members. */
type WithLimits<Held> = Held & { readonly memberDefaults?: Held };

/** Writes any object; if it has limits, their money too. */
export function encodeObject(object: WithLimits<Limits>): string {
  const { memberDefaults, ...own } = object;
  return JSON.stringify({ ...limitsOut(own), memberDefaults: memberDefaults && limitsOut(memberDefaults) });
}

/** Reads what `encodeObject` wrote of a value of this type. */
export function decodeObject<Value extends object>(text: string): Value {
  const { memberDefaults, ...own } = JSON.parse(text) as WithLimits<StoredLimits>;
  return { ...limitsIn(own), ...defined({ memberDefaults: memberDefaults && limitsIn(memberDefaults) }) } as Value;
}

function limitsOut(limits: Limits): StoredLimits {
  const { maxBudget, softBudget, budgetLimits, modelMaxBudget, tempBudgetIncrease: raise, ...others } = limits;
  return {
    ...others,
    ...defined({
      maxBudget: maxBudget?.toString(),
      softBudget: softBudget?.toString(),
      budgetLimits: budgetLimits?.map(budgetOut),
      modelMaxBudget: modelMaxBudget && mapValues(modelMaxBudget, budgetOut),
      tempBudgetIncrease: raise && { ...raise, amount: raise.amount.toString() },
    }),
  };
}

function limitsIn(stored: StoredLimits): Limits {
  const { maxBudget, softBudget, budgetLimits, modelMaxBudget, tempBudgetIncrease: raise, ...others } = stored;
  return {
    ...others,
    ...defined({
      maxBudget: maxBudget === undefined ? undefined : BigInt(maxBudget),
      softBudget: softBudget === undefined ? undefined : BigInt(softBudget),
      budgetLimits: budgetLimits?.map(budgetIn),
      modelMaxBudget: modelMaxBudget && mapValues(modelMaxBudget, budgetIn),
      tempBudgetIncrease: raise && { ...raise, amount: BigInt(raise.amount) },
    }),
  };
}

const budgetOut = (budget: PeriodBudget): StoredBudget => ({ ...budget, max: budget.max.toString() });
const budgetIn = (budget: StoredBudget): PeriodBudget => ({ ...budget, max: BigInt(budget.max) });

function mapValues<From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  // Not by assignment: a model may be called `__proto__`.
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
