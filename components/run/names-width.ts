import { createStore } from "@/lib/view/store";

/** Part of the waterfall that the names have, in percent. */
export const namesLimits = { least: 15, most: 75, usual: 40 } as const;

const key = "waterfall-names";

function read(): number {
  if (typeof localStorage === "undefined") return namesLimits.usual;
  const value = Number(localStorage.getItem(key) ?? namesLimits.usual);
  return Number.isFinite(value) ? within(value) : namesLimits.usual;
}

const within = (value: number): number => Math.min(namesLimits.most, Math.max(namesLimits.least, Math.round(value)));

/** Of all waterfalls of this browser. */
export const namesWidth = createStore<number>(read());

export function setNamesWidth(percent: number): void {
  const next = within(percent);
  namesWidth.set(next);
  localStorage.setItem(key, String(next));
}
