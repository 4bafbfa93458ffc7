import type { BuildExtension } from "../extension";
import { aptInstall, aptRun, findProgram } from "../machine";

/** Gives tasks `PUPPETEER_EXECUTABLE_PATH` of this machine's Chrome or Chromium, unless the project sets it itself. */
export function puppeteer(): BuildExtension {
  return {
    name: "puppeteer",
    async onBuildComplete(context) {
      const own = process.env["PUPPETEER_EXECUTABLE_PATH"];
      const path = await findProgram(
        ...(own === undefined ? ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"] : [own]),
      );
      const missing =
        path === undefined
          ? [
              `${own ?? "Chrome"} cannot be found on this machine. Install it: ${aptInstall(["chromium"])}, or set PUPPETEER_EXECUTABLE_PATH in .env`,
            ]
          : [];
      context.addLayer({
        id: "puppeteer",
        container: { instructions: [aptRun(["chromium"])], env: { PUPPETEER_EXECUTABLE_PATH: "/usr/bin/chromium" } },
        host: { env: { PUPPETEER_EXECUTABLE_PATH: path }, missing },
      });
    },
  };
}
