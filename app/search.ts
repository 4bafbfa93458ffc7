/** The query of a page's address as Next gives it. */
export type Search = Record<string, string | string[] | undefined>;

export function toParams(search: Search): URLSearchParams {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) for (const one of value === undefined ? [] : [value].flat()) params.append(key, one);
  return params;
}
