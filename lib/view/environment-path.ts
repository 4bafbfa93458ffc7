/** Address of an environment's pages and API; that of the main one is empty. */
export const environmentPath = ({ slug, isMain }: { slug: string; isMain: boolean }): string => (isMain ? "" : `/env/${slug}`);

/** The environment in the beginning of a path, and what follows; null: the path names none. */
export function splitEnvironmentPath(path: string): { slug: string; base: string; rest: string } | null {
  const [base = "", slug = ""] = /^\/env\/([a-z][a-z0-9-]{0,39})(?=[/?#]|$)/.exec(path) ?? [];
  if (slug === "") return null;
  const rest = path.slice(base.length);
  return { slug, base, rest: rest.startsWith("/") ? rest : `/${rest}` };
}
