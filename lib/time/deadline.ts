export interface Deadline {
  /** `4 m 12 s`, or `overdue` when the time is over and the server has not said so yet. */
  text: string;
  /** Under a tenth of the whole time, or under a minute, is `urgent`; under a third is `soon`. */
  urgency: "none" | "calm" | "soon" | "urgent";
}

const units = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "m" },
  { ms: 1000, name: "s" },
] as const;

/** The two largest units: `2 d 3 h`, `4 m 12 s`, `9 s`. */
export function countdown(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000)) * 1000;
  const first = units.findIndex((unit) => whole >= unit.ms);
  if (first === -1) return "0 s";
  let rest = whole;
  return units
    .slice(first, first + 2)
    .map((unit) => {
      const count = Math.floor(rest / unit.ms);
      rest -= count * unit.ms;
      return `${count} ${unit.name}`;
    })
    .join(" ");
}

export function deadlineAt(token: { createdAt: string; timeoutAt?: string | undefined }, now: number): Deadline {
  if (token.timeoutAt === undefined) return { text: "no deadline", urgency: "none" };
  const due = Date.parse(token.timeoutAt);
  const left = due - now;
  if (left <= 0) return { text: "overdue", urgency: "urgent" };
  const share = left / Math.max(1, due - Date.parse(token.createdAt));
  return { text: countdown(left), urgency: left < 60_000 || share < 0.1 ? "urgent" : share < 1 / 3 ? "soon" : "calm" };
}

/** Waiting tokens by deadline, those without one after them by age. */
export function byDeadline(
  a: { createdAt: string; timeoutAt?: string | undefined },
  b: { createdAt: string; timeoutAt?: string | undefined },
): number {
  const due = (t: { timeoutAt?: string | undefined }) => (t.timeoutAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(t.timeoutAt));
  const [x, y] = [due(a), due(b)];
  return x === y ? a.createdAt.localeCompare(b.createdAt) : x - y;
}
