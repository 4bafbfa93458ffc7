import { InternalError, messageOf } from "../errors";
import type { HookParameters, Run } from "../run/run";
import { commonOf, hooksOf } from "./call-hooks";

/**
 * Runs `work` inside all middleware, the first global one outermost. `work` gives its failure as a value, so what throws
 * here is the middleware itself.
 */
export async function throughMiddleware<End>(run: Run, parameters: HookParameters, work: () => Promise<End>): Promise<End | InternalError> {
  const layers = hooksOf(parameters.task, "middleware");
  let inner: Promise<End> | undefined;
  const enter = async (depth: number): Promise<void> => {
    const layer = layers[depth];
    if (layer === undefined) {
      inner = work();
      await inner;
      return;
    }
    let calls = 0;
    const next = () => {
      if (++calls > 1) throw new Error("next() was called twice");
      return enter(depth + 1);
    };
    const title = layer.name === undefined ? "middleware" : `middleware ${layer.name}`;
    await run.tracer.within(title, { icon: "hook" }, () => layer.fn({ ...commonOf(run, parameters), next }));
    if (calls === 0) throw new Error(`${title} returned without calling next()`);
  };
  try {
    await enter(0);
    if (inner === undefined) throw new Error("The middleware returned before the task was run: await next()");
    // Middleware that does not await next() must not end the attempt early.
    return await inner;
  } catch (cause) {
    await inner;
    return new InternalError({ code: "TASK_MIDDLEWARE_ERROR", message: messageOf(cause), cause });
  }
}
