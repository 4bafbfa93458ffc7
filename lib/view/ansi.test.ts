import fc from "fast-check";
import { expect, test } from "vitest";
import { ansiParts } from "./ansi";

const shown = (text: string) =>
  ansiParts(text).map(({ at, ...part }) => {
    expect(text.startsWith(part.text, at)).toBe(true);
    return part;
  });
const esc = "\u001b";

test("colours and weights apply until they are taken back", () => {
  expect(shown(`a${esc}[31mb${esc}[1mc${esc}[39md${esc}[0me`)).toEqual([
    { text: "a" },
    { text: "b", color: "red" },
    { text: "c", color: "red", bold: true },
    { text: "d", bold: true },
    { text: "e" },
  ]);
  expect(shown(`${esc}[1;4;92mok${esc}[22;24m.`)).toEqual([
    { text: "ok", color: "green", bold: true, underline: true },
    { text: ".", color: "green" },
  ]);
  expect(shown(`${esc}[mplain`)).toEqual([{ text: "plain" }]);
});

test("colours by number are read over, what follows them is not", () => {
  expect(shown(`${esc}[38;5;196mx${esc}[38;2;1;31;32;4my`)).toEqual([{ text: "x" }, { text: "y", underline: true }]);
});

test("no text is lost or made, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(esc, "[", "m", ";", "0", "1", "3", "8", "a", "\u009b", "\n") }), (text) => {
      const kept = shown(text)
        .map((part) => part.text)
        .join("");
      // oxlint-disable-next-line no-control-regex -- as in the code
      expect(kept).toBe(text.replaceAll(/(?:\u001b\[|\u009b)[\d;:]*m/g, ""));
    }),
  );
});
