import { readFileSync } from "node:fs";
import { z } from "zod";
import { MachinePreset, machinePresets, type Machines } from "@/lib/contracts/task";

const Size = z.strictObject({ cpu: z.number().positive(), memory: z.number().positive() });
const PresetsFile = z.strictObject({ defaultMachine: MachinePreset.optional(), machines: z.partialRecord(MachinePreset, Size).optional() });

/**
 * Machine presets of the operator's own: JSON of `{ defaultMachine?, machines?: { [preset]: { cpu, memory } } }`, memory in GB. What it
 * does not name is as usual. Throws one line that says what is wrong.
 */
export function readMachinePresets(path: string): { defaultMachine?: MachinePreset; machines: Machines } {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
  const parsed = PresetsFile.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${path}: ${issue?.path.join(".") || "the file"} is not right: ${issue?.message}. It holds {"defaultMachine": preset, "machines": {preset: {"cpu": 1, "memory": 2}}}`,
    );
  }
  const { defaultMachine, machines = {} } = parsed.data;
  return { machines: { ...machinePresets, ...machines }, ...(defaultMachine !== undefined && { defaultMachine }) };
}
