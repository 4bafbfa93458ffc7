import type { Plugin } from "esbuild";

/** Packages of Trigger.dev that a project may import without having them installed. */
export const buildPackages = /^@trigger\.dev\/(?:build|python)(?:\/|$)/;
/** Where such an import resolves to. */
export const buildPackagesNamespace = "build-packages";

/**
 * `@trigger.dev/build` and `@trigger.dev/python` where a project does not have them installed. A config that imports them is
 * read all the same: each function gives an extension of its own name, which is then said not to be applied. In tasks, whatever
 * they give throws when it is called.
 */
export function buildPackagesPlugin(): Plugin {
  return {
    name: "signalbox-build-packages",
    setup(build) {
      // CommonJS, as only that may have exports that nobody lists. Imports copy own names and keep the prototype: the proxy is that.
      build.onLoad({ filter: buildPackages, namespace: buildPackagesNamespace }, ({ path }) => ({
        contents: path === "@trigger.dev/python" ? throwing(path) : naming,
        loader: "js",
      }));
    },
  };
}

const naming = `
const make = (_target, name) => (typeof name === "symbol" || name === "__esModule" ? undefined : () => ({ name }));
module.exports = Object.create(new Proxy({}, { get: make }));
`;

const throwing = (path: string): string => `
const absent = (name) => new Proxy(function absent() {}, {
  get: (_target, key) => (typeof key === "symbol" || key === "then" ? undefined : absent(name + "." + key)),
  apply: () => {
    throw new Error(name + "() is not available yet in Signalbox. Start the program with node:child_process, or install ${path} in the project.");
  },
});
const find = (_target, name) => (typeof name === "symbol" || name === "__esModule" ? undefined : absent(name));
module.exports = Object.create(new Proxy({}, { get: find }));
`;
