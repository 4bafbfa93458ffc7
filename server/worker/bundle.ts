import { pathToFileURL } from "node:url";
import { z } from "zod";
import { collectAbsent, type TriggerConfig } from "@trigger.dev/sdk/internal";

export interface BundleModule {
  config: TriggerConfig | undefined;
  /** Files that were asked for by name, with what they export; in the order of their import. */
  files: { path: string; exports: Record<string, unknown> }[];
  /** What its modules defined with parts of the published SDK that are not built. */
  absent: string[];
}

/** What the bundler's entry module exports. The config is the user's object: it may hold hooks, so it is kept as it is. */
const Loaded = z.object({
  config: z.custom<TriggerConfig>((value) => typeof value === "object" && value !== null).optional(),
  files: z.array(
    z.object({ path: z.string(), exports: z.custom<Record<string, unknown>>((value) => typeof value === "object" && value !== null) }),
  ),
});

export async function loadBundle(path: string): Promise<BundleModule> {
  const { loaded, absent } = await collectAbsent<unknown>(() => import(pathToFileURL(path).href));
  const { config, files } = Loaded.parse(loaded);
  return { config, files, absent };
}
