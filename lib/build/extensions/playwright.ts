import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildContext, BuildExtension, BuildTarget } from "../extension";
import { aptInstall, findProgram } from "../machine";

export type PlaywrightBrowser = "chromium" | "firefox" | "webkit";
export interface PlaywrightExtensionOptions {
  browsers?: PlaywrightBrowser[] | undefined;
  /** False: the browsers get a screen, which Xvfb makes on a machine without one. */
  headless?: boolean | undefined;
  version?: string | undefined;
}

/** Tasks that use Playwright: says which of the browsers of the project's Playwright this machine lacks. */
export function playwright({ browsers = ["chromium"], headless = true, version }: PlaywrightExtensionOptions = {}): BuildExtension {
  if (browsers.length === 0) throw new Error('playwright: name at least one browser, such as browsers: ["chromium"]');
  return {
    name: "playwright",
    externalsForTarget: (target: BuildTarget) => (target === "dev" ? [] : ["playwright"]),
    async onBuildComplete(context) {
      const missing = [...(await missingBrowsers(context, browsers, version)), ...(headless ? [] : await missingScreen())];
      context.addLayer({
        id: "playwright",
        container: inImage(context, browsers, version),
        host: { env: headless ? {} : { DISPLAY: process.env["DISPLAY"] ?? ":99" }, missing },
      });
    },
  };
}

/** The browsers of the same Playwright as in the project, where every user finds them. */
function inImage({ workingDir }: BuildContext, browsers: readonly PlaywrightBrowser[], version: string | undefined) {
  const exact = version ?? installedLibrary(workingDir)?.version ?? "latest";
  return {
    instructions: [
      "ENV PLAYWRIGHT_BROWSERS_PATH=/ms-playwright",
      `RUN npx --yes playwright@${exact} install --with-deps ${browsers.join(" ")}`,
    ],
    env: { PLAYWRIGHT_BROWSERS_PATH: "/ms-playwright" },
  };
}

async function missingBrowsers(
  context: BuildContext,
  browsers: readonly PlaywrightBrowser[],
  version: string | undefined,
): Promise<string[]> {
  const install = (name: string) => `npm install ${name}${version === undefined ? "" : `@${version}`}`;
  const library = installedLibrary(context.workingDir);
  if (library === undefined) return [`Playwright is not installed in the project. Install it: ${install("playwright")}`];
  const complaints =
    version === undefined || library.version === version
      ? []
      : [`Playwright ${library.version} is installed, and ${version} is asked for. Install it: ${install("playwright")}`];
  const loaded: unknown = await import(pathToFileURL(library.file).href);
  const absent = browsers.filter((browser) => !existsSync(executableOf(loaded, browser)));
  if (absent.length > 0)
    complaints.push(
      `${absent.join(" and ")} of Playwright ${library.version} cannot be found on this machine. Install it: npx playwright install --with-deps ${absent.join(" ")}`,
    );
  return complaints;
}

function installedLibrary(workingDir: string): { file: string; version: string } | undefined {
  const require = createRequire(join(workingDir, "package.json"));
  for (const name of ["playwright", "playwright-core", "@playwright/test"]) {
    try {
      const json: { version: string } = require(`${name}/package.json`);
      return { file: require.resolve(name), version: json.version };
    } catch {
      continue; // another of them may be there
    }
  }
  return undefined;
}

function executableOf(loaded: unknown, browser: PlaywrightBrowser): string {
  const library = typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : loaded;
  const type: unknown = typeof library === "object" && library !== null ? Reflect.get(library, browser) : undefined;
  const path: unknown =
    typeof type === "object" && type !== null && "executablePath" in type && typeof type.executablePath === "function"
      ? type.executablePath()
      : "";
  return typeof path === "string" ? path : "";
}

async function missingScreen(): Promise<string[]> {
  if (process.env["DISPLAY"] !== undefined) return [];
  const start = "Start it before the tasks: Xvfb :99 -screen 0 1280x1024x24 &";
  return (await findProgram("Xvfb")) === undefined
    ? [`headless: false needs a screen, and this machine has none. Install Xvfb: ${aptInstall(["xvfb"])}. ${start}`]
    : [`headless: false needs a screen. ${start}`];
}
