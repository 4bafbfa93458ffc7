import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cleanup } from "./cleanup";
import { runBareHandler } from "./load/bare-handler";
import { runGenerator } from "./load/generator";
import { describeMachine } from "./machine";
import { parseOptions } from "./options";
import { measurePeers } from "./peers/measure";
import { runWorker } from "./peers/worker";
import { runFanOutClient } from "./product/fan-out";
import { measureProduct } from "./product/measure";
import { runShapesClient } from "./product/shapes";
import { root } from "./product/server";
import { renderReport, verdicts } from "./report";
import { Results } from "./results";

const cleanup = new Cleanup();

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  const folder = join(root, "bench", "dist", "data");
  mkdirSync(folder, { recursive: true });
  // Short: a Unix socket's path must not be longer than some hundred bytes.
  const place = mkdtempSync(join(folder, "b"));
  cleanup.add(async () => rmSync(place, { recursive: true, force: true }));

  const results = new Results(options);
  const machine = describeMachine(place);
  if (options.subjects.has("product")) await measureProduct({ options, results, cleanup, folder: join(place, "s") });
  if (options.subjects.has("peers")) await measurePeers({ options, results, cleanup, folder: join(place, "p") });
  await cleanup.run();

  const report = { command: `npm run bench -- ${args.join(" ")}`.trim(), at: new Date().toISOString(), machine, ...results.collected() };
  const text = renderReport(report);
  writeFileSync(join(root, "bench", "dist", "report.md"), text);
  const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  writeFileSync(join(root, "bench", "dist", "report.json"), JSON.stringify({ ...report, bars: verdicts(report.lines) }, plain, 2));
  console.log(`\n${text}`);
  const missed = verdicts(report.lines).filter(({ met }) => met === false);
  if (options.strict && missed.length > 0) console.error(`missed: ${missed.map(({ bar }) => bar).join("; ")}`);
  return report.problems.length > 0 || (options.strict && missed.length > 0) ? 1 : 0;
}

const [command, ...rest] = process.argv.slice(2);
if (command === "peer-worker") {
  await runWorker(rest);
} else if (command === "load-generator") {
  runGenerator();
} else if (command === "bare-handler") {
  await runBareHandler();
} else if (command === "fan-out-client") {
  await runFanOutClient(rest);
} else if (command === "shapes-client") {
  await runShapesClient(rest);
} else {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void cleanup.run().finally(() => process.exit(130)));
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    await cleanup.run();
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
