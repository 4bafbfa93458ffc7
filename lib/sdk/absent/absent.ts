// `any`: what is not built has no types of its own; code that was written for the published ones compiles.
/* oxlint-disable typescript/no-explicit-any, typescript/no-unnecessary-type-parameters */

/** Any type of the published SDK that has no counterpart here, with as many arguments as it may take. */
export type Open<_A = any, _B = any, _C = any, _D = any, _E = any, _F = any> = any;
export type AbsentCall = <_A = any, _B = any, _C = any, _D = any, _E = any, _F = any>(...given: any[]) => any;
type AbsentClass = new <_A = any, _B = any, _C = any>(...given: any[]) => any;

/** Thrown by what the published SDK has and Signalbox has not. */
class NotAvailableError extends Error {
  constructor(name: string, advice = "Leave the call out, or catch this error where the code can do without it") {
    super(`${name} is not available yet in Signalbox. ${advice}.`);
    this.name = "NotAvailableError";
  }
}

// Module state, as the catalog: a worker loads one bundle. Set while the project's modules are evaluated.
let defined: Set<string> | undefined;

/** `load`, and what it defined by means that are not built. Such definitions do not fail: the rest of the project can run. */
export async function collectAbsent<T>(load: () => Promise<T>): Promise<{ loaded: T; absent: string[] }> {
  const found = new Set<string>();
  defined = found;
  try {
    return { loaded: await load(), absent: [...found] };
  } finally {
    defined = undefined;
  }
}

/** A function that is not built, and does something when it is called. */
export const absentCall =
  (name: string, advice?: string): AbsentCall =>
  () => {
    throw new NotAvailableError(`${name}()`, advice);
  };

/**
 * A function that is not built, and only defines something: modules call it while they load. What it gives then throws at its
 * use, and the definition is said aloud with the version. At any other time the call itself throws.
 */
export const absentDefinition =
  (name: string, advice?: string): AbsentCall =>
  (...given: unknown[]) => {
    if (defined === undefined) throw new NotAvailableError(`${name}()`, advice);
    const id = given.map(idOf).find((found) => found !== undefined);
    defined.add(id === undefined ? `${name}()` : `${name}({ id: "${id}" })`);
    return placeholder({ name: `${name}()`, id, advice });
  };

export function absentClass(name: string, advice?: string): AbsentClass {
  function refuse(): never {
    throw new NotAvailableError(`new ${name}()`, advice);
  }
  return refuse as unknown as AbsentClass; // a plain function can be constructed, and extended
}

/** `names` of a namespace, each as `make` has it. */
export function absentMembers<K extends string>(
  namespace: string,
  names: readonly K[],
  options: { make?: typeof absentCall; advice?: string } = {},
): Record<K, AbsentCall> {
  const { make = absentCall, advice } = options;
  // Object.fromEntries forgets the keys.
  return Object.fromEntries(names.map((name) => [name, make(`${namespace}.${name}`, advice)])) as Record<K, AbsentCall>;
}

function idOf(options: unknown): string | undefined {
  if (typeof options === "string") return options;
  const id: unknown =
    typeof options === "object" && options !== null ? (Reflect.get(options, "id") ?? Reflect.get(options, "name")) : undefined;
  return typeof id === "string" ? id : undefined;
}

/** Stands for what a definition would have given: its members may be named, and used while modules load, but nothing can be done with it. */
function placeholder(of: { name: string; id?: string | undefined; advice?: string | undefined }): Open {
  const touch = (name: string) => {
    if (defined === undefined) throw new NotAvailableError(name, of.advice);
    return placeholder({ name, advice: of.advice });
  };
  return new Proxy(function absent() {}, {
    // `then`: awaiting it is no use of it. Symbols and `toJSON`: being looked at is none, either.
    get: (_target, key) => {
      if (typeof key === "symbol" || key === "then" || key === "toJSON") return undefined;
      return key === "id" && of.id !== undefined ? of.id : placeholder({ name: `${of.name}.${key}`, advice: of.advice });
    },
    apply: () => touch(`${of.name}()`),
    construct: () => touch(`new ${of.name}()`),
  });
}
