import { aptRun } from "@/lib/build/machine";
import type { BuildRecord } from "./builder-protocol";

/** Where an image holds the version, and the variables of its tasks that are of the image. */
const project = "/srv/project";

/**
 * Containerfile of a server that has this version and what the build extensions of its project ask for. Beside it lie `build.tgz` and `tasks.env`.
 * It stands on the server's own image (deploy/Containerfile).
 */
export function containerfileOf({ ref, record }: { ref: string; record: BuildRecord }): string {
  const packages = [...new Set(record.layers.flatMap((layer) => layer.packages))];
  const own = record.layers.flatMap(({ extension, instructions, container }) =>
    [...container.instructions, ...instructions].map((line) => `# ${extension}\n${line}`),
  );
  return `# Written by \`signalbox build --image\`.
ARG SIGNALBOX_IMAGE=signalbox
FROM \${SIGNALBOX_IMAGE}
USER root
${[...(packages.length > 0 ? [aptRun(packages)] : []), ...own].map((line) => `${line}\n`).join("")}COPY --chown=node:node tasks.env ${project}/.env
COPY --chown=node:node build.tgz ${project}/build.tgz
ENV SIGNALBOX_PROJECT=${project} SIGNALBOX_PROJECT_REF=${ref} SIGNALBOX_BUILD=${project}/build.tgz
USER node
WORKDIR ${project}
`;
}

/** Variables that say where the image has something. */
export function taskVariablesOf({ layers }: BuildRecord): string {
  const found = Object.assign({}, ...layers.map(({ container }) => container.env)) as Record<string, string>; // records of texts
  return Object.entries(found)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join("");
}
