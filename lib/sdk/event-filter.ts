type Scalar = string | number | boolean | null;
/** A condition on one value, named by its operator. */
export interface ContentFilter {
  $endsWith?: string;
  $startsWith?: string;
  $anythingBut?: Scalar | Scalar[];
  $exists?: boolean;
  $gt?: number;
  $lt?: number;
  $gte?: number;
  $lte?: number;
  $between?: [number, number];
  $includes?: Scalar;
  $ignoreCaseEquals?: string;
  $isNull?: boolean;
  $not?: Scalar;
}
/** Matches a JSON body: each key equals one of the listed values, meets every listed condition, or matches its own filter. */
export type BodyFilter = { [key: string]: (Scalar | ContentFilter)[] | BodyFilter };

const ofText = (holds: (value: string, wanted: string) => boolean) => (value: unknown, wanted: unknown) =>
  typeof value === "string" && typeof wanted === "string" && holds(value, wanted);
const ofNumber = (holds: (value: number, wanted: number) => boolean) => (value: unknown, wanted: unknown) =>
  typeof value === "number" && typeof wanted === "number" && holds(value, wanted);

const operators: Record<keyof ContentFilter, (value: unknown, wanted: unknown) => boolean> = {
  $endsWith: ofText((value, wanted) => value.endsWith(wanted)),
  $startsWith: ofText((value, wanted) => value.startsWith(wanted)),
  $anythingBut: (value, wanted) => (Array.isArray(wanted) ? !wanted.includes(value) : value !== wanted),
  $exists: (value, wanted) => (value !== undefined) === Boolean(wanted),
  $gt: ofNumber((value, wanted) => value > wanted),
  $lt: ofNumber((value, wanted) => value < wanted),
  $gte: ofNumber((value, wanted) => value >= wanted),
  $lte: ofNumber((value, wanted) => value <= wanted),
  $between: (value, wanted) =>
    typeof value === "number" && Array.isArray(wanted) && value >= Number(wanted[0]) && value <= Number(wanted[1]),
  $includes: (value, wanted) => Array.isArray(value) && value.includes(wanted),
  $ignoreCaseEquals: ofText((value, wanted) => value.localeCompare(wanted, undefined, { sensitivity: "accent" }) === 0),
  $isNull: (value, wanted) => (value === null) === Boolean(wanted),
  $not: (value, wanted) =>
    Array.isArray(value) ? !value.includes(wanted) : ["number", "boolean", "string"].includes(typeof value) && value !== wanted,
};

const meets = (value: unknown, filter: object): boolean =>
  Object.entries(filter).every(
    ([name, wanted]: [string, unknown]) => !Object.hasOwn(operators, name) || operators[name as keyof ContentFilter](value, wanted),
  ); // hasOwn proves the key

export function bodyMatches(filter: BodyFilter, body: unknown): boolean {
  if (body === undefined || body === null) return Object.keys(filter).length === 0;
  return Object.entries(filter).every(([key, wanted]) => {
    const value: unknown = Reflect.get(Object(body), key);
    if (!Array.isArray(wanted)) return Array.isArray(value) ? value.some((item) => bodyMatches(wanted, item)) : bodyMatches(wanted, value);
    const conditions = wanted.filter((one): one is ContentFilter => typeof one === "object" && one !== null);
    const values = wanted.filter((one) => typeof one !== "object" || one === null);
    return conditions.every((condition) => meets(value, condition)) && (values.length === 0 || values.some((one) => one === value));
  });
}
