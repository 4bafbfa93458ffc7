import { z } from "zod";
import { IsoDate } from "./run";

/** What stands for the value of a secret variable, as the published API has it. */
export const redacted = "<redacted>";
/** What stands for a value that the server cannot open. */
export const unreadable = "<unreadable>";

/** `…/envvars/:slug`: bodies as the published client sends them (wire.md 5). */
export const VariableCreateBody = z.object({ name: z.string(), value: z.string(), isSecret: z.boolean().optional() });
export const VariableUpdateBody = z
  .object({
    value: z.string().optional(),
    /** Only true: a secret variable stays one. */
    isSecret: z.boolean().optional(),
  })
  .refine(({ value, isSecret }) => value !== undefined || isSecret !== undefined, { path: ["value"], message: "is missing" });
/** `parentVariables`: of a preview branch, what all branches get; elsewhere they say nothing. */
export const VariableImportBody = z.object({
  variables: z.record(z.string(), z.string()),
  parentVariables: z.record(z.string(), z.string()).optional(),
  override: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  /** Secrecy of single ones. */
  secrets: z.record(z.string(), z.boolean()).optional(),
});

export const VariableRow = z.object({
  name: z.string(),
  /** Absent: it is secret, or this person may not see values. */
  value: z.string().optional(),
  isSecret: z.boolean(),
  /** The server cannot open it: it was changed in the database. */
  isBroken: z.boolean(),
  updatedAt: IsoDate,
  updatedBy: z.string(),
});
export type VariableRow = z.infer<typeof VariableRow>;

/** GET /api/dashboard/variables */
export const VariablesPage = z.object({
  variables: z.array(VariableRow),
  /** Names in the project's .env files, and the file that has the last word among them. */
  files: z.array(z.object({ name: z.string(), file: z.string() })),
  /** Where a name is in both. */
  winner: z.enum(["files", "stored"]),
  /** Newest first. */
  changes: z.array(
    z.object({ id: z.string(), at: IsoDate, by: z.string(), action: z.enum(["create", "update", "delete"]), name: z.string() }),
  ),
});
export type VariablesPage = z.infer<typeof VariablesPage>;

/** POST /api/dashboard/variables/read {text}: what a text in the form of a .env file would store. */
export const VariablesRead = z.object({
  variables: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      /** Why it cannot be stored. */
      problem: z.string().optional(),
      /** What is stored under the name. Of a secret one nobody is told whether it is the same. */
      stored: z.enum(["none", "same", "other"]),
    }),
  ),
});
export type VariablesRead = z.infer<typeof VariablesRead>;
