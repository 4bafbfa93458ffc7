import { z } from "zod";
import { limits } from "@/lib/contracts/limits";
import { BuildRecord, TaskVariables } from "./builder-protocol";

/** File at the root of a packed build that says how it is to be run. */
export const packedFile = "signalbox.json";

/** More than this is no bundle of tasks: bytes of the file that is sent, and of what is in it. */
export const packedLimits = { bytes: limits.deployBytes, unpackedBytes: 4 * 1024 ** 3, files: 200_000 };

/** What `signalbox deploy` sends beside the code. */
export const PackedBuild = z.object({
  format: z.literal(1),
  project: z.string(),
  configFile: z.string(),
  conditions: z.array(z.string()),
  variables: TaskVariables,
  hasCertificates: z.boolean(),
  record: BuildRecord,
  /** Of the machine that packed it, and the compiled files that run on such a machine alone. */
  machine: z.object({ platform: z.string(), arch: z.string() }),
  native: z.array(z.string()),
});
export type PackedBuild = z.infer<typeof PackedBuild>;
