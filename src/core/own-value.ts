/** What an object itself holds under a name that any caller chose; what it inherits (`toString`, `__proto__`) is not found. */
export function ownValue<Value>(object: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}
