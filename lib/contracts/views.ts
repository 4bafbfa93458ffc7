import { z } from "zod";
import { limits } from "./limits";

/** A filter of the Runs page under a name. */
export const SavedView = z.object({
  id: z.string(),
  name: z.string(),
  /** As in the address of the page. */
  query: z.string(),
  /** For everybody of the environment; else for its author alone. */
  shared: z.boolean(),
  /** E-mail of its author. */
  by: z.string(),
  /** Whoever asks may change it. */
  mine: z.boolean(),
});
export type SavedView = z.infer<typeof SavedView>;

/** GET /api/dashboard/views: one's own and the shared ones, by name. */
export const SavedViewsPage = z.object({ views: z.array(SavedView) });
export type SavedViewsPage = z.infer<typeof SavedViewsPage>;

const name = z.string().trim().min(1).max(limits.viewName);
const query = z.string().min(1).max(limits.viewQuery);
/** POST /api/dashboard/views; PATCH /api/dashboard/views/:id; DELETE /api/dashboard/views/:id */
export const SavedViewBody = z.strictObject({ name, query, shared: z.boolean().default(false) });
export type SavedViewBody = z.input<typeof SavedViewBody>;
export const SavedViewPatch = z.strictObject({ name, query, shared: z.boolean() }).partial();

/** GET /api/dashboard/views/counts: how many runs each finds now, up to a bound. */
export const SavedViewCounts = z.object({ counts: z.record(z.string(), z.object({ count: z.number().int(), more: z.boolean() })) });
export type SavedViewCounts = z.infer<typeof SavedViewCounts>;
