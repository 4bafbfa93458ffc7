import type { BuildExtension } from "../extension";
import { findProgram, outputOf } from "../machine";

export interface AudioWaveformOptions {
  version?: string | undefined;
  /** Of the download, `sha256:…`. */
  checksum?: string | undefined;
}

const defaultVersion = "1.10.1";

/** Tasks that start `audiowaveform`: it has to be on the PATH of this machine. */
export function audioWaveform({ version, checksum }: AudioWaveformOptions = {}): BuildExtension {
  return {
    name: "audioWaveform",
    async onBuildComplete(context) {
      const file = `audiowaveform_${version ?? defaultVersion}-1-12_amd64.deb`;
      const check = checksum === undefined ? "" : ` && echo "${checksum.replace(/^sha256:/, "")}  ${file}" | sha256sum -c`;
      const install = `curl -LO https://github.com/bbc/audiowaveform/releases/download/${version ?? defaultVersion}/${file}${check} && apt-get install -y ./${file}`;
      const path = await findProgram("audiowaveform");
      const missing: string[] = [];
      if (path === undefined) missing.push(`audiowaveform cannot be found on the PATH of this machine. Install it: ${install}`);
      else if (version !== undefined && !((await outputOf(path, ["--version"])) ?? "").includes(version))
        missing.push(`${path} is not audiowaveform ${version}. Install it: ${install}`);
      context.addLayer({
        id: "audiowaveform",
        container: {
          instructions: [
            `RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && ${install} && rm -rf ./${file} /var/lib/apt/lists/*`,
          ],
        },
        host: { missing },
      });
    },
  };
}
