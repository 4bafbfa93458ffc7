import type { InitOutput } from "./context";
import type { TaskSchema } from "./schema";
import { schemaTask } from "./task";
import type { TaskWithSchema, TaskWithSchemaOptions } from "./types";

// `any`: as in types.ts.
// oxlint-disable-next-line typescript/no-explicit-any
type ToolOptions<TId extends string, TParameters extends TaskSchema, TOutput, TInit extends InitOutput = any> = Omit<
  TaskWithSchemaOptions<TId, TParameters, TOutput, TInit>,
  "schema"
> & { parameters: TParameters };
interface Tool<TParameters, TInput, TOutput> {
  parameters: TParameters;
  description?: string | undefined;
  execute: (input: TInput) => Promise<TOutput>;
}

/**
 * A task that a language model may call as a tool: `tool` has the shape of the `ai` package's tools, and runs the task.
 * @deprecated use schemaTask
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export function toolTask<TId extends string, TParameters extends TaskSchema, TOutput = unknown, TInit extends InitOutput = any>({
  parameters,
  ...options
}: ToolOptions<TId, TParameters, TOutput, TInit>) {
  // The rest of the options is all but the schema, which TypeScript loses sight of in a generic type.
  const made: TaskWithSchema<TId, TParameters, TOutput> = schemaTask({ ...options, schema: schemaOf(parameters) } as TaskWithSchemaOptions<
    TId,
    TParameters,
    TOutput,
    TInit
  >);
  type Input = Parameters<typeof made.trigger>[0];
  const tool: Tool<TParameters, Input, TOutput> = {
    parameters,
    description: options.description,
    execute: (input) => made.triggerAndWait(input).unwrap(),
  };
  return { ...made, tool };
}

/** The `ai` package's own schemas carry a JSON schema and a `validate` that answers instead of throwing. */
function schemaOf(parameters: TaskSchema): TaskSchema {
  const validate: unknown = typeof parameters === "object" && parameters !== null ? Reflect.get(parameters, "validate") : undefined;
  if (typeof validate !== "function" || "~standard" in parameters || "parse" in parameters) return parameters;
  return async (value: unknown) => {
    const result: unknown = await Reflect.apply(validate, parameters, [value]);
    if (typeof result !== "object" || result === null || !("success" in result)) return value;
    if (result.success !== true) throw Reflect.get(result, "error");
    return Reflect.get(result, "value");
  };
}
