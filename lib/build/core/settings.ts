/** The first that is given of an option, this process's variables and the project's; throws what to do when none is. */
export function setting(
  option: string | undefined,
  env: Record<string, string>,
  how: { of: string; option: string; variable: string },
): string {
  const found = option ?? process.env[how.variable] ?? env[how.variable];
  if (found === undefined || found === "") throw new Error(`${how.of}: pass ${how.option}, or set ${how.variable}`);
  return found;
}

/** The JSON that an address answers. */
export async function fetchJson(url: string, of: string, token: string): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${of}: ${new URL(url).origin}${new URL(url).pathname} answered ${response.status}`);
  return response.json();
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
export const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
/** A text or a number of an answer; empty: it has none. */
export const textIn = (record: Record<string, unknown>, key: string): string => {
  const value = record[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
};
