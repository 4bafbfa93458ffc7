import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import {
  TriggerAuthContext,
  useRealtimeBatch,
  useRealtimeRun,
  useRealtimeRunsWithTag,
  useRealtimeStream,
  useRealtimeTaskTriggerWithStreams,
  useRun,
  useWaitToken,
} from "upstream-react-hooks";

/** An application that has nothing but public tokens. What its hooks give stands on the page as text. */
const Given = z.object({
  baseURL: z.string(),
  triggerToken: z.string(),
  waitToken: z.object({ id: z.string(), publicAccessToken: z.string() }),
  batch: z.object({ id: z.string(), publicAccessToken: z.string() }),
  tag: z.object({ name: z.string(), publicAccessToken: z.string() }),
  large: z.object({ id: z.string(), publicAccessToken: z.string() }),
});
const given = Given.parse(JSON.parse(document.querySelector("#given")?.textContent ?? ""));
const { baseURL } = given;

function Shown({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p>
      {name}: <output aria-label={name}>{children}</output>
    </p>
  );
}

function Report() {
  const { submit, run, streams, handle, error } = useRealtimeTaskTriggerWithStreams("stream-report", { accessToken: given.triggerToken, baseURL });
  return (
    <section>
      <button type="button" onClick={() => submit({ title: "Hooks", secondsPerSection: 0.1 }, { tags: "from-a-browser" })}>
        Write the report
      </button>
      <Shown name="report">{error?.message ?? `${run?.status} ${streams["report"]?.join("").slice(0, 7)}`}</Shown>
      {run?.status === "COMPLETED" && handle !== undefined && (
        <TriggerAuthContext value={{ baseURL, accessToken: handle.publicAccessToken }}>
          <Written id={handle.id} />
        </TriggerAuthContext>
      )}
    </section>
  );
}

function Written({ id }: { id: string }) {
  const retrieved = useRun(id);
  const { parts, error } = useRealtimeStream<string>(id, "report");
  return (
    <>
      <Shown name="retrieved">{retrieved.error?.message ?? `${retrieved.run?.status} ${retrieved.run?.tags.join()}`}</Shown>
      <Shown name="stream">{error?.message ?? parts.join("").slice(0, 7)}</Shown>
    </>
  );
}

function Answer() {
  const { id, publicAccessToken } = given.waitToken;
  const { complete, isCompleted, error } = useWaitToken(id, { accessToken: publicAccessToken, baseURL });
  return (
    <section>
      <button type="button" onClick={() => complete({ approved: true })}>
        Approve
      </button>
      <Shown name="answer">{error?.message ?? String(isCompleted)}</Shown>
    </section>
  );
}

function Followed() {
  const batch = useRealtimeBatch(given.batch.id, { accessToken: given.batch.publicAccessToken, baseURL });
  const tagged = useRealtimeRunsWithTag(given.tag.name, { accessToken: given.tag.publicAccessToken, baseURL });
  const large = useRealtimeRun(given.large.id, { accessToken: given.large.publicAccessToken, baseURL });
  return (
    <section>
      <Shown name="batch">{batch.error?.message ?? batch.runs.map((run) => run.status).join()}</Shown>
      <Shown name="tagged">{tagged.error?.message ?? tagged.runs.map((run) => run.status).join()}</Shown>
      <Shown name="large payload">{large.error?.message ?? `${large.run?.status} ${JSON.stringify(large.run?.payload ?? null).length}`}</Shown>
    </section>
  );
}

const root = document.querySelector("#root");
if (root !== null) {
  createRoot(root).render(
    <>
      <Report />
      <Answer />
      <Followed />
    </>,
  );
}
