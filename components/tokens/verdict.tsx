import { Check, ClockAlert, TriangleAlert, X, type LucideIcon } from "lucide-react";
import type { Verdict } from "@/lib/forms/answer-form";

/** Icon, word and colour of how a token ended. A rejection is an answer, and no success. */
export const verdictLook: Record<Verdict, { word: string; by: string; Icon: LucideIcon; tone: string }> = {
  approved: { word: "Approved", by: "Approved by", Icon: Check, tone: "text-good" },
  rejected: { word: "Rejected", by: "Rejected by", Icon: X, tone: "text-bad" },
  answered: { word: "Answered", by: "Answered by", Icon: Check, tone: "text-muted" },
  failed: { word: "Answered with an error", by: "Answered with an error by", Icon: TriangleAlert, tone: "text-bad" },
  "timed out": { word: "Timed out", by: "Nobody answered in time", Icon: ClockAlert, tone: "text-bad" },
};
