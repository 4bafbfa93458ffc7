import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bareHandlerLine } from "../bars";
import { startGenerator } from "../load/generator";
import { captureClientRequests } from "../load/published-client";
import { perSecond, type LineHead, type Measured, type Scale } from "../rows/row";
import { spread } from "../stats";
import { resultOf } from "./subject";

export const bareLines: LineHead[] = [
  { name: bareHandlerLine, unit: "/s", better: "higher" },
  { name: "load generator, CPU per request of that", unit: "µs", better: "lower" },
];

/** What the load generator can ask of a server that does nothing: no figure of the product can be above this, whoever is slow. */
export async function measureBareHandler(scale: Scale): Promise<Measured> {
  const child = fork(fileURLToPath(import.meta.url), ["bare-handler"], { execArgv: [] });
  const generator = startGenerator();
  try {
    const [port]: number[] = await once(child, "message"); // its one message, see its main
    if (port === undefined) throw new Error("the bare handler has no port");
    const origin = { host: "127.0.0.1", port };
    const { trigger } = await captureClientRequests({ origin, secretKey: "tr_prod_bare", task: "noop", payload: { n: 1 }, batchSize: 1 });
    const load = { origin, steps: [resultOf(trigger)], callers: 64, most: Number.POSITIVE_INFINITY };
    await generator.run({ ...load, ms: 1_000 });
    const { calls, ms, latencies, cpuMs } = await generator.run({ ...load, ms: scale(10) * 1_000 });
    const { p50, p99 } = spread(latencies);
    return new Map([
      [bareHandlerLine, { value: perSecond(calls, ms), note: `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms` }],
      ["load generator, CPU per request of that", { value: (cpuMs / calls) * 1_000 }],
    ]);
  } finally {
    generator.close();
    if (child.connected) child.disconnect();
  }
}
