import type { LineHead } from "../rows/row";
import { bareLines } from "./bare";
import { fanOutLines } from "./fan-out";
import { pageLines } from "./pages";
import { pixelLines } from "./pixel";
import { shapeLines } from "./shapes";
import { parentLines, waitLines } from "./waiting-rows";

export const startupLines: LineHead[] = [
  { name: "first start until ready (empty data folder)", unit: "s", better: "lower" },
  { name: "later start until ready", unit: "s", better: "lower" },
];

/** Lines that no peer has. */
export const productLines: readonly LineHead[] = [
  ...bareLines,
  ...parentLines,
  ...waitLines,
  ...fanOutLines,
  ...shapeLines,
  ...pageLines,
  ...pixelLines,
  ...startupLines,
];
