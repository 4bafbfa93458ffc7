import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectVariables, readEnvNames, readProjectEnv } from "./project-env";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "env-"));
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write(
    ".env",
    'A=env\nB=env\nQUOTED="two words"\nTRIGGER_SECRET_KEY=tr_dev_mine\nTRIGGER_API_URL=https://elsewhere.example\nTRIGGER_CUSTOM=kept\n',
  );
  write(".env.development", "A=development\nC=development\n");
  write(".env.local", "B=local\nD=local\n");
  write(".env.development.local", "D=development local\n");
  write("dev.vars", "E=vars\n");
  write(".env.production", "A=production\nF=production\n");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("reads the files of dev, later ones win, production never", () => {
  expect(readProjectEnv(directory, "dev")).toEqual({
    A: "development",
    B: "local",
    C: "development",
    D: "development local",
    E: "vars",
    QUOTED: "two words",
    TRIGGER_CUSTOM: "kept",
  });
});

it("reads what is not meant for development when it starts", () => {
  expect(readProjectEnv(directory, "start")).toEqual({ A: "env", B: "local", D: "local", QUOTED: "two words", TRIGGER_CUSTOM: "kept" });
});

it("in dev lets files win over what is stored, and the other way round where it is served", () => {
  const files = { A: "file", B: "file" };
  const stored = { B: "stored", C: "stored" };
  expect(projectVariables({ files, stored, mode: "dev" })).toEqual({ A: "file", B: "file", C: "stored" });
  expect(projectVariables({ files, stored, mode: "start" })).toEqual({ A: "file", B: "stored", C: "stored" });
});

it("names the file whose value counts", () => {
  expect(readEnvNames(directory, "dev")).toEqual({
    A: ".env.development",
    B: ".env.local",
    C: ".env.development",
    D: ".env.development.local",
    E: "dev.vars",
    QUOTED: ".env",
    TRIGGER_CUSTOM: ".env",
  });
});

it("is empty without files", () => {
  expect(readProjectEnv(join(directory, "nowhere"), "dev")).toEqual({});
});

it("reads a file as dotenv does", () => {
  const odd = mkdtempSync(join(tmpdir(), "env-"));
  const text = [
    "\uFEFFFIRST=after a byte order mark",
    "export EXPORTED=yes",
    "\tTABBED\t=\tvalue\t# comment",
    "SPACED = value",
    'DOUBLE="a\\nb"',
    "SINGLE='a\\nb # no comment'",
    'BACKTICK=`it\'s "quoted"`',
    'PEM="-----BEGIN-----\nabc=\n-----END-----"',
    "HASH=a#b",
    "EMPTY=",
    "DOLLAR=pa\\$word",
    "URL=postgres://u:p@h/db?a=b",
    "dotted.name=x",
    "COLON: yaml",
  ].join("\r\n");
  writeFileSync(join(odd, ".env"), text);
  try {
    expect(readProjectEnv(odd, "start")).toEqual({
      FIRST: "after a byte order mark",
      EXPORTED: "yes",
      TABBED: "value",
      SPACED: "value",
      DOUBLE: "a\nb",
      SINGLE: "a\\nb # no comment",
      BACKTICK: 'it\'s "quoted"',
      PEM: "-----BEGIN-----\nabc=\n-----END-----",
      HASH: "a",
      EMPTY: "",
      DOLLAR: "pa$word",
      URL: "postgres://u:p@h/db?a=b",
      "dotted.name": "x",
      COLON: "yaml",
    });
  } finally {
    rmSync(odd, { recursive: true, force: true });
  }
});
