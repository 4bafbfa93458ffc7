import { relative } from "node:path";
import type { PlacedPackage } from "./builder-protocol";
import { toPosix } from "./find-task-files";
import { packageOf } from "./native-packages";

export interface PlacedPackages {
  /** How the bundle imports a file of an installed package: relative to itself. */
  place(file: string): string;
  list(): PlacedPackage[];
}

/** Gives packages that stay outside of a bundle their folders below the build's: a second version of a package has one of its own. */
export function placePackages(): PlacedPackages {
  const placed = new Map<string, PlacedPackage>();
  const taken = new Set<string>();
  return {
    place(file) {
      const pack = packageOf(file);
      if (pack === null)
        throw new Error(`${file} stays outside of the bundle and belongs to no package. Give its folder a package.json with a name`);
      const { name, directory } = pack;
      const known = placed.get(directory) ?? {
        name,
        directory,
        to: taken.has(name) ? `node_modules/.versions/${placed.size}/node_modules/${name}` : `node_modules/${name}`,
      };
      placed.set(directory, known);
      taken.add(name);
      return `./${known.to}/${toPosix(relative(directory, file))}`;
    },
    list: () => [...placed.values()],
  };
}
