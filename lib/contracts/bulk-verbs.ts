// Without zod: the browser needs these on the first load.
/** Actions on many runs at once: canceling or replaying what is selected or what matches a filter. */
export const bulkVerbs = ["cancel", "replay"] as const;
export type BulkVerb = (typeof bulkVerbs)[number];
export const bulkOutcomes = ["done", "skipped", "failed"] as const;
