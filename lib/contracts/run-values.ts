import { z } from "zod";

/** A value inside a run's data as a list shows it: its text, cut; `large`: the data is too large to be looked through for a list. */
export const RunValue = z.object({ kind: z.enum(["text", "number", "literal", "json", "large"]), text: z.string() });
export type RunValue = z.infer<typeof RunValue>;

/** GET /api/dashboard/values?id=…&path=…: by run, one for each path in their order; null: there is none. */
export const RunValuesPage = z.object({ values: z.record(z.string(), z.array(RunValue.nullable())) });
export type RunValuesPage = z.infer<typeof RunValuesPage>;
