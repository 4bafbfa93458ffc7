import type { AlertCondition } from "@/lib/contracts/alerts";
import { formatCount, formatDuration } from "@/lib/view/format";

const windowWords = (minutes: number): string =>
  minutes < 60 ? `${minutes} minutes` : minutes === 60 ? "an hour" : minutes === 1440 ? "a day" : `${minutes / 60} hours`;
const number = (value: number): string => (Number.isInteger(value) ? formatCount(value) : value.toFixed(value < 10 ? 1 : 0));

/** `12`, `3.4 per minute`, `7.5 %`, `12.4 s`. */
export function valueWords({ measure }: Pick<AlertCondition, "measure">, value: number | null): string {
  if (value === null) return "–";
  switch (measure) {
    case "failures":
    case "ends":
    case "silence":
      return number(value);
    case "rate":
      return `${number(value)} per minute`;
    case "failureRate":
      return `${number(value)} %`;
    case "duration":
    case "wait":
      return formatDuration(value);
  }
}

/** What is measured: `Failed runs of import-orders in 15 minutes`. */
function measuredWords({ measure, percentile, task, queue, windowMinutes }: AlertCondition): string {
  const named = [task.join(" or "), queue.length === 0 ? "" : `queue ${queue.join(" or ")}`].filter((part) => part !== "").join(", in ");
  const of = named === "" ? "" : ` of ${named}`;
  const within = `in ${windowWords(windowMinutes)}`;
  switch (measure) {
    case "failures":
      return `Failed runs${of} ${within}`;
    case "ends":
      return `Ended runs${of} ${within}`;
    case "rate":
      return `Ended runs per minute${of} ${within}`;
    case "failureRate":
      return `Failure rate${of} ${within}`;
    case "duration":
      return `p${percentile} compute time${of} ${within}`;
    case "wait":
      return `p${percentile} wait${of} ${within}`;
    case "silence":
      return `No run${of} ${within}`;
  }
}

/** When a rule fires: `Failed runs of import-orders in 15 minutes above 5`. */
export const conditionWords = (condition: AlertCondition): string =>
  condition.measure === "silence"
    ? measuredWords(condition)
    : `${measuredWords(condition)} above ${valueWords(condition, condition.bound)}`;
