/** Sets a field of its own, whatever the key: `__proto__` would be taken for the prototype. */
export function put(record: object, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  else Reflect.set(record, key, value);
}
