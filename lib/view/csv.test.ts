import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine } from "./csv";

/** Fields of one line, as RFC 4180 reads them. */
function read(line: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (quoted && char === '"' && line[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ",") {
      fields.push(field);
      field = "";
    } else if (!quoted && char === "\r" && line[at + 1] === "\n") {
      fields.push(field);
      return fields;
    } else field += char;
  }
  throw new Error("the line has no end");
}

const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", '"', ",", "'", " ", "a") }),
);

test("fields come back as they went, but that none begins a formula", () => {
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 5 }), (fields) => {
      const back = read(csvLine(fields));
      expect(back.map((field, at) => (field === `'${fields[at]}` ? fields[at] : field))).toEqual(fields);
      expect(back.every((field) => !/^[=+\-@\t\r]/.test(field))).toBe(true);
    }),
  );
});

test("numbers and flags are no text", () => {
  expect(csvLine([-1, true, undefined, "=cmd|' /C calc'!A0", 'a "b", c'])).toBe(`-1,true,,'=cmd|' /C calc'!A0,"a ""b"", c"\r\n`);
});
