import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unpackBuild } from "./unpack-build";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unpack-"));
  mkdirSync(join(folder, "in"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Entry {
  path: string;
  type?: "File" | "SymbolicLink" | "Link" | "CharacterDevice" | "FIFO";
  linkpath?: string;
  mode?: number;
  text?: string;
}

/** An archive that no honest program writes. */
function archive(...entries: Entry[]): string {
  const blocks = entries.flatMap(({ path, type = "File", linkpath = "", mode = 0o644, text = "" }) => {
    const body = Buffer.from(text);
    const header = new Header({ path, type, linkpath, mode, size: body.length, mtime: new Date(0) });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  const file = join(folder, "a.tgz");
  writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return file;
}
const unpack = (file: string, limits?: { unpackedBytes: number; files: number }) =>
  unpackBuild({ file, directory: join(folder, "in"), ...(limits && { limits }) });

test("files and folders are unpacked", async () => {
  await unpack(archive({ path: "a/b.txt", text: "hello" }, { path: "c" }));
  expect(readdirSync(join(folder, "in"), { recursive: true, encoding: "utf8" }).toSorted()).toEqual(["a", "a/b.txt", "c"]);
});

test.each<[string, Entry, RegExp]>([
  ["a path upwards", { path: "../out.txt", text: "x" }, /"\.\.\/out\.txt" leads out of the build's folder/],
  ["a path upwards from below", { path: "a/../../out.txt", text: "x" }, /leads out/],
  ["an absolute path", { path: `${tmpdir()}/out-of-unpack.txt`, text: "x" }, /leads out/],
  ["a Windows path", { path: "..\\out.txt", text: "x" }, /leads out/],
  ["a drive", { path: "C:/out.txt", text: "x" }, /leads out/],
  [
    "a symbolic link",
    { path: "link", type: "SymbolicLink", linkpath: "/etc/passwd" },
    /is a SymbolicLink, and only files and folders are taken/,
  ],
  ["a hard link", { path: "link", type: "Link", linkpath: "/etc/passwd" }, /is a Link/],
  ["a device", { path: "null", type: "CharacterDevice" }, /is a CharacterDevice/],
  ["a pipe", { path: "pipe", type: "FIFO" }, /is a FIFO/],
  ["a program that would run as another user", { path: "tool", mode: 0o4755, text: "x" }, /would run as another user/],
])("%s is refused, and nothing after it is written", async (_, entry, message) => {
  await expect(unpack(archive(entry, { path: "after.txt", text: "x" }))).rejects.toThrow(message);
  expect(readdirSync(join(folder, "in"))).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(["a.tgz", "in"]);
});

test("more bytes or files than allowed are refused", async () => {
  await expect(unpack(archive({ path: "big", text: "x".repeat(5000) }), { unpackedBytes: 4096, files: 10 })).rejects.toThrow(
    "more than 10 files",
  );
  await expect(unpack(archive({ path: "a" }, { path: "b" }, { path: "c" }), { unpackedBytes: 4096, files: 2 })).rejects.toThrow(
    "more than 2 files",
  );
});
