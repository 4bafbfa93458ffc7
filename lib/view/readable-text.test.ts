import { describe, expect, it } from "vitest";
import { readableText, visibleText } from "./readable-text";

describe("readableText", () => {
  it.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b[1;38;5;196mbold\u001b[39;49m", "bold"],
    ["\u009b31mC1\u009b0m", "C1"],
    ["\u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007", "link"],
    ["\u001b]0;title\u001b\\after", "after"],
    ["\u001b[2J\u001b[Hcleared", "cleared"],
    ["\u001bPdevice\u001b\\done", "done"],
    ["\u001b(Bset", "set"],
    ["cut off\u001b[3", "cut off3"],
    ["end\u001b", "end"],
  ])("takes away what is meant for a terminal: %j", (text, shown) => {
    expect(readableText(text)).toBe(shown);
  });

  it.each([
    ["invoice_\u202egpj.exe", "invoice_\\u202egpj.exe"],
    ["\u2066a\u2069", "\\u2066a\\u2069"],
    ["a\u200bb\ufeffc", "a\\u200bb\\ufeffc"],
    ["a\u0000b\u0008c\u007f", "a\\u0000b\\u0008c\\u007f"],
    ["over\rwritten", "over\\u000dwritten"],
    ["line\u2028break", "line\\u2028break"],
    ["half \ud83d of a pair", "half \\ud83d of a pair"],
  ])("shows what cannot be seen: %j", (text, shown) => {
    expect(readableText(text)).toBe(shown);
  });

  it.each(["two\nlines\tand a tab", "مرحبا בעולם", "e\u0301 👩‍👩‍👧 ไทย", "<b>&amp;</b>"])("leaves text as it is: %j", (text) => {
    expect(readableText(text)).toBe(text);
    expect(visibleText(text)).toBe(text);
  });

  it("reads Windows line ends as line breaks", () => {
    expect(readableText("a\r\nb")).toBe("a\nb");
  });

  it("takes no time over long runs of escapes", () => {
    const text = "\u001b]".repeat(50_000);
    expect(readableText(text)).toBe("");
  });
});

it("data keeps each of its characters", () => {
  expect(visibleText("\u001b[31mred")).toBe("\\u001b[31mred");
});
