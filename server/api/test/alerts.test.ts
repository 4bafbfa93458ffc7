import { createServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { webhooks as published } from "upstream-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AlertPreview, AlertsPage } from "@/lib/contracts/alerts";
import { constructEvent } from "@/lib/sdk/webhook-events";
import { sign } from "../../alerts/messages";
import { isRefused } from "../../alerts/safe-address";
import { openHarness, type Answer, type Harness } from "./harness";

interface Taken {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let api: Harness;
let as: { cookie: string };
const taken: Taken[] = [];
const mails: string[] = [];
/** Status of the next answers; then 200. */
const answers: number[] = [];
const http = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    taken.push({ path: request.url ?? "", headers: request.headers, body });
    const status = answers.shift() ?? 200;
    response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {});
    response.end("said");
  });
});
/** As much of SMTP as a mail needs. */
const smtp = createTcpServer((socket) => {
  let isMail = false;
  let text = "";
  socket.write("220 mail.test\r\n");
  socket.on("data", (chunk) => {
    for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
      if (isMail && line === ".") {
        isMail = false;
        mails.push(text);
        text = "";
        socket.write("250 taken\r\n");
      } else if (isMail) text += `${line}\n`;
      else if (line.startsWith("DATA")) {
        isMail = true;
        socket.write("354 go on\r\n");
      } else if (line.startsWith("QUIT")) socket.end("221 bye\r\n");
      else socket.write("250 ok\r\n");
    }
  });
  socket.on("error", () => {});
});
const listen = (server: Server) =>
  new Promise<number>((done) => void server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port)));
let httpPort: number;
let smtpPort: number;

beforeAll(async () => {
  [api, httpPort, smtpPort] = await Promise.all([openHarness(), listen(http), listen(smtp)]);
  as = { cookie: await api.signUp() };
});
afterAll(async () => {
  http.close();
  smtp.close();
  await api.close();
});

const post = (path: string, body: object = {}): Promise<Answer> => api.call("POST", `/api/dashboard/${path}`, { as, body });
const page = async () => AlertsPage.parse((await api.call("GET", "/api/dashboard/alerts", { as })).body);
const hook = (path: string) => `http://127.0.0.1:${httpPort}${path}`;
const channel = async (name: string, target: object): Promise<{ id: string; secret?: string }> => {
  const { body } = await post("alert-channels", { name, target });
  return { id: body.channel.id, secret: body.secret };
};
const silence = { measure: "silence", windowMinutes: 5, task: ["never-run"] };

test("a firing is told by webhook as the published SDK takes it, by Slack and by mail; a repeated one has the same id", async () => {
  const web = await channel("hook", { kind: "webhook", url: hook("/hook") });
  const chat = await channel("chat", { kind: "slack", url: hook("/slack/s3cret") });
  const mail = await channel("mail", {
    kind: "email",
    smtp: `smtp://127.0.0.1:${smtpPort}`,
    from: "signalbox@example.com",
    to: ["ada@example.com", "bo@example.com"],
  });
  const { body } = await post("alerts", { name: "Quiet <nightly>", condition: silence, channels: [web.id, chat.id, mail.id] });
  await api.alerts.work();
  const told = taken.find(({ path }) => path === "/hook");
  const header = String(told?.headers["x-trigger-signature-hmacsha256"]);
  expect(header).toBe(sign(told?.body ?? "", web.secret ?? ""));
  expect(JSON.parse(told?.body ?? "")).toMatchObject({
    type: "alert.error",
    id: expect.stringMatching(/^alertevent_/),
    object: { classification: "new_issue", error: { fingerprint: body.rule.id, taskIdentifier: "never-run" }, rule: { value: 0 } },
  });
  const signed = { payload: told?.body ?? "", header };
  for (const construct of [published.constructEvent, constructEvent]) {
    expect(await construct(signed, web.secret ?? "")).toMatchObject({
      type: "alert.error",
      created: expect.any(Date),
      object: { error: { message: "Quiet <nightly>: No run of never-run in 5 minutes", lastSeen: expect.any(Date) } },
    });
    await expect(construct(signed, "another secret")).rejects.toMatchObject({ name: "WebhookError" });
    await expect(construct({ ...signed, payload: `${signed.payload} ` }, web.secret ?? "")).rejects.toThrow("Invalid signature");
  }
  expect(JSON.parse(taken.find(({ path }) => path.startsWith("/slack"))?.body ?? "").text).toContain("Quiet &lt;nightly&gt;");
  expect(mails).toHaveLength(1);
  expect(mails[0]).toMatch(/Subject: Firing: Quiet <nightly>/);
  expect(mails[0]).toContain("No run of never-run in 5 minutes");
  expect((await page()).rules).toMatchObject([{ state: "firing", name: "Quiet <nightly>" }]);

  // The receiver took it and its word was lost: it comes again under the same id.
  await api.db.query("update alert_delivery set delivered_at = null, due_at = now() where channel_id = $1", [web.id]);
  await api.alerts.work();
  const twice = taken.filter(({ path }) => path === "/hook");
  expect(twice).toHaveLength(2);
  expect(new Set(twice.map((one) => JSON.parse(one.body).id)).size).toBe(1);
  await post(`alerts/${body.rule.id}/delete`);
});

test("what a receiver refuses is tried again later, and a redirect is not followed", async () => {
  taken.length = 0;
  answers.push(500, 302);
  const web = await channel("hook", { kind: "webhook", url: hook("/again"), secret: "my-own-secret-of-16" });
  const { body } = await post("alerts", { name: "Quiet", condition: silence, channels: [web.id] });
  const again = async () => {
    await api.db.query("update alert_delivery set due_at = now()");
    await api.alerts.work();
    return (await page()).events.find(({ ruleId }) => ruleId === body.rule.id)?.deliveries;
  };
  await api.alerts.work();
  expect((await page()).events[0]?.deliveries).toMatchObject([{ state: "pending", attempts: 1, error: "The receiver answered 500: said" }]);
  expect(await again()).toMatchObject([{ state: "pending", attempts: 2, error: expect.stringContaining("redirect") }]);
  expect(await again()).toMatchObject([{ state: "delivered", attempts: 3 }]);
  expect(taken.map(({ path }) => path)).toEqual(["/again", "/again", "/again"]);
  await post(`alerts/${body.rule.id}/delete`);
});

test("a channel's secrets are in no answer after its making, and in no log", async () => {
  await channel("chat", { kind: "slack", url: hook("/services/T0/B0/topsecret") });
  await channel("sealed mail", {
    kind: "email",
    smtp: "smtp://ada:hunter22@mail.example.com:587",
    from: "a@example.com",
    to: ["b@example.com"],
  });
  const { text } = await api.call("GET", "/api/dashboard/alerts", { as });
  const audited = (await api.call("GET", "/api/dashboard/audit?area=alert", { as })).text;
  for (const said of [text, audited, api.logged().join("")]) expect(said).not.toMatch(/topsecret|hunter22|my-own-secret/);
  expect((await page()).channels.find(({ name }) => name === "sealed mail")?.shown).toBe("b@example.com by mail.example.com:587");
  expect(audited).toContain("alert.channel-create");
});

test.each([
  "http://169.254.169.254/latest/meta-data",
  "http://[fe80::1]/",
  "http://0x a9fea9fe/".replace(" ", ""),
  "http://[::ffff:169.254.169.254]/",
  "http://[fd00:ec2::254]/",
  "http://100.100.100.200/",
])("nothing is sent to %s", async (url) => {
  const { id } = await channel("inside", { kind: "webhook", url });
  const answer = await post(`alert-channels/${id}/test`);
  expect(answer.status).toBe(422);
  expect(answer.body.error).toContain("link-local or metadata");
});

test("addresses are judged as what they are, however they are written", () => {
  for (const address of ["169.254.0.1", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "0.0.0.0", "ff02::1"])
    expect.soft(isRefused(address), address).toBe(true);
  for (const address of ["127.0.0.1", "10.1.2.3", "93.184.215.14", "::1", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"])
    expect.soft(isRefused(address), address).toBe(false);
});

test("a test says whether it was taken", async () => {
  const good = await channel("good", { kind: "webhook", url: hook("/test") });
  expect((await post(`alert-channels/${good.id}/test`)).status).toBe(200);
  expect(taken.at(-1)).toMatchObject({ path: "/test", body: expect.stringContaining("Test by") });
  answers.push(404);
  expect((await post(`alert-channels/${good.id}/test`)).body.error).toContain("answered 404");
  const nobody = await channel("mail", { kind: "email", smtp: "smtp://127.0.0.1:1", from: "a@example.com", to: ["b@example.com"] });
  expect((await post(`alert-channels/${nobody.id}/test`)).status).toBe(422);
});

test.each([
  ["alerts", { name: "x", condition: { measure: "failures", windowMinutes: 7 } }, "condition.windowMinutes"],
  ["alerts", { name: "", condition: silence }, "name"],
  ["alerts", { name: "x", condition: { measure: "failureRate", bound: 100, windowMinutes: 5 } }, "condition.bound"],
  ["alerts", { name: "x", condition: { measure: "moon", windowMinutes: 5 } }, "condition.measure"],
  ["alert-channels", { name: "x", target: { kind: "slack", url: "file:///etc/passwd" } }, "target.url"],
  [
    "alert-channels",
    { name: "x", target: { kind: "email", smtp: "http://mail", from: "a@example.com", to: ["b@example.com"] } },
    "target.smtp",
  ],
  ["alert-channels", { name: "x", target: { kind: "email", smtp: "smtp://mail", from: "a@example.com", to: [] } }, "target.to"],
])("%s refuses %j and names %s", async (path, body, field) => {
  const answer = await post(path, body);
  expect([answer.status, answer.body.issues[0].path]).toEqual([400, field]);
});

test("viewers see and try out, operators make rules, admins make channels; each act is in the audit", async () => {
  const viewer = { cookie: await api.signUp("viewer") };
  expect((await api.call("GET", "/api/dashboard/alerts", { as: viewer })).status).toBe(200);
  expect(
    AlertPreview.parse((await api.call("POST", "/api/dashboard/alerts/preview", { as: viewer, body: { condition: silence } })).body)
      .firings,
  ).toBe(0);
  expect((await api.call("POST", "/api/dashboard/alerts", { as: viewer, body: { name: "x", condition: silence } })).status).toBe(403);
  const operator = { cookie: await api.signUp("operator") };
  const made = await api.call("POST", "/api/dashboard/alerts", { as: operator, body: { name: "x", condition: silence } });
  expect(made.status).toBe(200);
  const { id } = made.body.rule;
  expect(
    (await api.call("POST", `/api/dashboard/alerts/${id}`, { as: operator, body: { name: "y", condition: silence } })).body.rule.name,
  ).toBe("y");
  expect(
    (await api.call("POST", `/api/dashboard/alerts/${id}/mute`, { as: operator, body: { until: "2999-01-01T00:00:00Z" } })).body.rule
      .mutedUntil,
  ).toBeDefined();
  expect((await api.call("POST", `/api/dashboard/alerts/${id}/acknowledge`, { as: operator, body: {} })).status).toBe(409);
  expect(
    (
      await api.call("POST", "/api/dashboard/alert-channels", {
        as: operator,
        body: { name: "x", target: { kind: "slack", url: hook("/") } },
      })
    ).status,
  ).toBe(403);
  expect((await api.call("POST", `/api/dashboard/alerts/${id}/delete`, { as: operator, body: {} })).status).toBe(200);
  expect((await api.call("POST", `/api/dashboard/alerts/${id}/delete`, { as: operator, body: {} })).status).toBe(404);
  as = { cookie: await api.signUp() };
  const actions = (await api.call("GET", "/api/dashboard/audit?area=alert", { as })).body.entries.map(
    (entry: { action: string }) => entry.action,
  );
  expect(actions).toEqual(
    expect.arrayContaining(["alert.create", "alert.update", "alert.mute", "alert.delete", "alert.channel-create", "alert.channel-test"]),
  );
});
