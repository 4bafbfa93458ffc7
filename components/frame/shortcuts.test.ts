import { describe, expect, it } from "vitest";
import { pressed } from "./shortcuts";

const press = (key: string, held: Partial<Record<"metaKey" | "ctrlKey" | "altKey" | "shiftKey", boolean>> = {}): string =>
  pressed({ key, metaKey: false, ctrlKey: false, altKey: false, shiftKey: false, ...held });

describe("pressed", () => {
  it("spells keys as shortcuts do", () => {
    expect(press("j")).toBe("j");
    expect(press("J", { shiftKey: true })).toBe("shift+j");
    expect(press("k", { metaKey: true })).toBe("mod+k");
    expect(press("K", { ctrlKey: true })).toBe("mod+k");
    expect(press("ArrowDown")).toBe("arrowdown");
    expect(press(" ")).toBe("space");
  });

  it("does not say shift of signs that need it", () => {
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("[")).toBe("[");
  });
});
