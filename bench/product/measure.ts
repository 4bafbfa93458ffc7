import { mkdirSync } from "node:fs";
import type { Cleanup } from "../cleanup";
import type { Options } from "../options";
import type { Results } from "../results";
import { queueRows } from "../rows/queue-rows";
import type { Line } from "../rows/row";
import { startProduct } from "./server";
import { productName, productSubject } from "./subject";

const startup: Omit<Line, "figures">[] = [
  { name: "first start until ready (built, empty data folder)", unit: "s", better: "lower", bar: 90 },
  { name: "later start until ready", unit: "s", better: "lower", bar: 5 },
];

export async function measureProduct(measuring: { options: Options; results: Results; cleanup: Cleanup; folder: string }): Promise<void> {
  const { results, folder } = measuring;
  const scope = measuring.cleanup.scope();
  mkdirSync(folder, { recursive: true });
  try {
    const server = await startProduct(folder);
    scope.add(server.stop);
    const subject = productSubject(server);
    scope.add(subject.close);
    results.describe(productName, subject.settings);
    for (const row of queueRows) await results.row(row, subject);
    await subject.close();
    await server.stop();

    await results.step("startup", { subject: productName, lines: startup, limitMs: 120_000 }, async () => {
      const again = await startProduct(folder, server.secretKey);
      await again.stop();
      return new Map([
        ["first start until ready (built, empty data folder)", { value: server.readyMs / 1_000 }],
        ["later start until ready", { value: again.readyMs / 1_000 }],
      ]);
    });
  } catch (error) {
    results.problem(productName, error);
  } finally {
    await scope.run();
  }
}
