/** What a thing is doing, as colour. Never alone: an icon and a word go with it. */
export type Tone = "idle" | "needs" | "moving" | "parked" | "asks" | "good" | "bad";

export const toneText: Record<Tone, string> = {
  idle: "text-idle",
  needs: "text-needs",
  moving: "text-moving",
  parked: "text-parked",
  asks: "text-asks",
  good: "text-good",
  bad: "text-bad",
};
export const toneBar: Record<Tone, string> = {
  idle: "bg-idle-bar",
  needs: "bg-needs-bar",
  moving: "bg-moving-bar",
  parked: "bg-parked-bar",
  asks: "bg-asks-bar",
  good: "bg-good-bar",
  bad: "bg-bad-bar",
};
export const toneSoft: Record<Tone, string> = {
  idle: "bg-idle-soft",
  needs: "bg-needs-soft",
  moving: "bg-moving-soft",
  parked: "bg-parked-soft",
  asks: "bg-asks-soft",
  good: "bg-good-soft",
  bad: "bg-bad-soft",
};
/** For SVG and charts: the same variables as rows use. */
export const toneColor: Record<Tone, string> = {
  idle: "var(--idle-bar)",
  needs: "var(--needs-bar)",
  moving: "var(--moving-bar)",
  parked: "var(--parked-bar)",
  asks: "var(--asks-bar)",
  good: "var(--good-bar)",
  bad: "var(--bad-bar)",
};
