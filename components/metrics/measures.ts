import type { Measures } from "@/lib/contracts/metrics";
import { formatPercent } from "@/lib/view/format";

/** Share of those that went well or wrong; null without any. */
export const failureRate = ({ completed, failed }: Measures): number | null =>
  completed + failed === 0 ? null : failed / (completed + failed);

export const formatRate = (share: number): string => (share > 0 && share < 0.1 ? `${(share * 100).toFixed(1)} %` : formatPercent(share));
