import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import * as upstream from "upstream-sdk";
import * as ours from "@trigger.dev/sdk";
import {
  batch,
  runs,
  schemaTask,
  schedules,
  streams,
  task,
  tasks,
  type InferStreamType,
  type RunHandle,
  type TaskIdentifier,
  type TaskOutput,
  type TaskPayload,
  type TaskRunResult,
} from "@trigger.dev/sdk";

const plain = task({ id: "plain", run: async (payload: { n: number }) => ({ doubled: payload.n * 2 }) });
const empty = task({ id: "empty", run: async () => "x" as const });
const checked = schemaTask({
  id: "checked",
  schema: z.object({ n: z.coerce.number().default(1), when: z.string().transform((text) => new Date(text)) }),
  run: async ({ n, when }) => ({ n, when }),
});
const byFunction = schemaTask({ id: "by-function", schema: (value: unknown) => String(value), run: async (payload) => payload.length });
const standard = schemaTask({
  id: "standard",
  schema: {
    "~standard": {
      version: 1 as const,
      vendor: "own",
      validate: (value: unknown) => ({ value: Number(value) }),
      types: undefined as { input: string; output: number } | undefined,
    },
  },
  run: async (payload) => payload + 1,
});
const anyPayload = task({
  id: "any",
  jsonSchema: { type: "object" },
  run: async (payload, { ctx }) => ({ got: payload.whatever as string, attempt: ctx.attempt.number }),
});
const nightly = schedules.task({ id: "nightly", cron: "0 0 * * *", run: async (payload) => payload.timestamp });

// Never called: only the compiler reads it.
const onlyTypes = async () => {
  expectTypeOf<TaskPayload<typeof plain>>().toEqualTypeOf<{ n: number }>();
  expectTypeOf<TaskOutput<typeof plain>>().toEqualTypeOf<{ doubled: number }>();
  expectTypeOf<TaskIdentifier<typeof plain>>().toEqualTypeOf<"plain">();
  expectTypeOf<TaskPayload<typeof empty>>().toEqualTypeOf<void>();
  await empty.trigger();

  // What is given is the schema's input, what run() gets its output.
  expectTypeOf<TaskPayload<typeof checked>>().toEqualTypeOf<{ n?: unknown; when: string }>();
  expectTypeOf<TaskOutput<typeof checked>>().toEqualTypeOf<{ n: number; when: Date }>();
  expectTypeOf<TaskPayload<typeof byFunction>>().toEqualTypeOf<string>();
  expectTypeOf<TaskOutput<typeof byFunction>>().toEqualTypeOf<number>();
  expectTypeOf<TaskPayload<typeof standard>>().toEqualTypeOf<string>();
  expectTypeOf<TaskOutput<typeof standard>>().toEqualTypeOf<number>();
  expectTypeOf<TaskPayload<typeof anyPayload>>().toBeAny();
  expectTypeOf<TaskOutput<typeof anyPayload>>().toEqualTypeOf<{ got: string; attempt: number }>();
  expectTypeOf<TaskOutput<typeof nightly>>().toEqualTypeOf<Date>();

  const handle = await tasks.trigger<typeof plain>("plain", { n: 1 });
  expectTypeOf(handle).toEqualTypeOf<RunHandle<"plain", { n: number }, { doubled: number }>>();
  // @ts-expect-error the id is not this task's
  await tasks.trigger<typeof plain>("other", { n: 1 });
  // @ts-expect-error the payload is not this task's
  await tasks.trigger<typeof plain>("plain", { n: "1" });
  // @ts-expect-error the version of a child that is waited for is its parent's
  await plain.triggerAndWait({ n: 1 }, { version: "20300101.1" });
  // @ts-expect-error nor has it another deployment
  await plain.triggerAndWait({ n: 1 }, { externalDeploymentId: "abc" });

  const result = await plain.triggerAndWait({ n: 1 });
  expectTypeOf(result).toEqualTypeOf<TaskRunResult<"plain", { doubled: number }>>();
  if (result.ok) expectTypeOf(result.output).toEqualTypeOf<{ doubled: number }>();
  else expectTypeOf(result.error).toBeUnknown();
  expectTypeOf(await plain.triggerAndWait({ n: 1 }).unwrap()).toEqualTypeOf<{ doubled: number }>();
  expectTypeOf(await tasks.triggerAndWait<typeof empty>("empty", undefined).unwrap()).toEqualTypeOf<"x">();

  const many = await plain.batchTriggerAndWait([{ payload: { n: 1 } }]);
  expectTypeOf(many.runs).toEqualTypeOf<TaskRunResult<"plain", { doubled: number }>[]>();
  const mixed = await batch.triggerAndWait<typeof plain | typeof empty>([
    { id: "plain", payload: { n: 1 } },
    { id: "empty", payload: undefined },
  ]);
  for (const run of mixed.runs) if (run.ok && run.taskIdentifier === "plain") expectTypeOf(run.output).toEqualTypeOf<{ doubled: number }>();
  // @ts-expect-error a payload of the other task
  await batch.trigger<typeof plain | typeof empty>([{ id: "empty", payload: { n: 1 } }]);
  const { runs: tuple } = await batch.triggerByTaskAndWait([
    { task: plain, payload: { n: 1 } },
    { task: byFunction, payload: "x" },
  ]);
  if (tuple[1].ok) expectTypeOf(tuple[1].output).toEqualTypeOf<number>();

  const retrieved = await runs.retrieve<typeof plain>("run_1");
  expectTypeOf(retrieved.output).toEqualTypeOf<{ doubled: number } | undefined>();
  expectTypeOf((await runs.retrieve(handle)).payload).toEqualTypeOf<{ n: number } | undefined>();
  for await (const run of runs.subscribeToRun<typeof plain>("run_1"))
    expectTypeOf(run.output).toEqualTypeOf<{ doubled: number } | undefined>();
  for await (const part of runs.subscribeToRun<typeof plain>("run_1").withStreams<{ words: string }>())
    if (part.type === "words") expectTypeOf(part.chunk).toEqualTypeOf<string>();

  const words = streams.define<string>({ id: "words" });
  expectTypeOf<InferStreamType<typeof words>>().toEqualTypeOf<string>();
  for await (const word of await words.read("run_1")) expectTypeOf(word).toEqualTypeOf<string>();
};

test("types are checked by the compiler", () => {
  expectTypeOf(onlyTypes).toBeFunction();
});

test.each([
  "tasks",
  "batch",
  "wait",
  "metadata",
  "tags",
  "streams",
  "runs",
  "auth",
  "idempotencyKeys",
  "retry",
  "locals",
  "usage",
  "heartbeats",
  "timeout",
  "queues",
  "schedules",
] as const)("%s has the published calls", (name) => {
  const { [name]: theirs } = { ...upstream };
  const { [name]: own } = { ...ours };
  expect(Object.keys(theirs).filter((call) => !(call in own))).toEqual([]);
});
