import type { BuildExtension } from "../extension";
import { aptInstall, findProgram, outputOf } from "../machine";

export interface FfmpegOptions {
  /** `7` or `7.x`; others are not asked for. */
  version?: string | undefined;
}

/** Gives tasks `FFMPEG_PATH` and `FFPROBE_PATH` of this machine's ffmpeg, unless the project sets them itself. */
export function ffmpeg(options: FfmpegOptions = {}): BuildExtension {
  return {
    name: "ffmpeg",
    async onBuildComplete(context) {
      const paths = {
        FFMPEG_PATH: await findProgram(process.env["FFMPEG_PATH"] ?? "ffmpeg"),
        FFPROBE_PATH: await findProgram(process.env["FFPROBE_PATH"] ?? "ffprobe"),
      };
      const absent = Object.entries({ ffmpeg: paths.FFMPEG_PATH, ffprobe: paths.FFPROBE_PATH }).flatMap(([name, path]) =>
        path === undefined ? [name] : [],
      );
      const missing =
        absent.length === 0
          ? []
          : [
              `${absent.join(" and ")} cannot be found on this machine. Install it: ${aptInstall(["ffmpeg"])}, or set FFMPEG_PATH and FFPROBE_PATH in .env`,
            ];
      if (paths.FFMPEG_PATH !== undefined) missing.push(...(await wrongVersion(paths.FFMPEG_PATH, options.version)));
      context.addLayer({
        id: "ffmpeg",
        image: { pkgs: ["ffmpeg"] },
        container: { env: { FFMPEG_PATH: "/usr/bin/ffmpeg", FFPROBE_PATH: "/usr/bin/ffprobe" } },
        host: { env: paths, missing },
      });
    },
  };
}

async function wrongVersion(path: string, wanted: string | undefined): Promise<string[]> {
  if (wanted === undefined) return [];
  if (!/^7(?:\.|$)/.test(wanted)) return [`ffmpeg ${wanted} cannot be asked for (only 7 and 7.x can); ${path} is taken as it is`];
  const found = /ffmpeg version (\S+)/.exec((await outputOf(path, ["-version"])) ?? "")?.[1] ?? "unknown";
  return /^n?7\b/.test(found)
    ? []
    : [`${path} is ffmpeg ${found}, and ${wanted} is asked for. Bring a build of 7 and name it in FFMPEG_PATH and FFPROBE_PATH in .env`];
}
