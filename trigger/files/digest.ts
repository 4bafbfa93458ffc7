export interface DigestLine {
  name: string;
  kind: string;
  bytes: number;
  sha256: string;
}

const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;

/** Totals by kind, the ten largest files, and contents that are there more than once. */
export function digestMarkdown(since: Date, until: Date, lines: readonly DigestLine[]): string {
  const kinds = [...groupBy(lines, (line) => line.kind)].map(([kind, files]) => ({
    kind,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  }));
  const largest = [...lines].toSorted((a, b) => b.bytes - a.bytes).slice(0, 10);
  const copies = [...groupBy(lines, (line) => line.sha256).values()].filter((files) => files.length > 1);
  return [
    `# Digest for ${until.toISOString().slice(0, 10)}`,
    `${lines.length} files since ${since.toISOString()}.`,
    "## By kind",
    kinds
      .toSorted((a, b) => b.bytes - a.bytes)
      .map(({ kind, files, bytes }) => `- ${kind}: ${files} files, ${kib(bytes)}`)
      .join("\n") || "Nothing.",
    "## Largest",
    largest.map(({ name, bytes }) => `- ${name}, ${kib(bytes)}`).join("\n") || "Nothing.",
    "## The same content more than once",
    copies.map((files) => `- ${files.map((file) => file.name).join(" = ")}`).join("\n") || "Nothing.",
    "",
  ].join("\n\n");
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
