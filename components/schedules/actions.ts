import type { ScheduleRow, ScheduleUpdateBody } from "@/lib/contracts/schedule";
import { problemOf, type Answer } from "../auth/request";
import { sendJson } from "../live/api";

const base = "/api/v1/schedules";

async function answered<Value>(request: Promise<Value>): Promise<Answer<Value>> {
  try {
    return { ok: true, value: await request };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

export const deleteSchedule = (id: string): Promise<Answer<{ id: string }>> =>
  answered(sendJson(`${base}/${encodeURIComponent(id)}`, { method: "DELETE", json: {} }));

/** Changes the schedule, or makes one. An empty key is none. */
export const saveSchedule = (
  schedule: ScheduleRow | undefined,
  body: ScheduleUpdateBody & { deduplicationKey: string },
): Promise<Answer<unknown>> =>
  answered(
    schedule === undefined
      ? sendJson(base, { json: body })
      : sendJson(`${base}/${encodeURIComponent(schedule.id)}`, { method: "PUT", json: body }),
  );
