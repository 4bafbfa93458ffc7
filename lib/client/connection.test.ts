import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closeCodes } from "@/lib/contracts/protocol";
import type { ClientMessage, ServerMessage } from "@/lib/contracts/realtime";
import { createConnection, retryDelay, type Connection } from "./connection";
import { createSync } from "./sync";

/** The browser's socket, under the test's hands. */
class Wire extends EventTarget {
  sent: ClientMessage[] = [];
  isClosed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.isClosed = true;
  }
  open(): void {
    this.dispatchEvent(new Event("open"));
  }
  receive(...messages: ServerMessage[]): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(messages) }));
  }
  end(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
  welcome(epoch = "e"): void {
    this.open();
    this.receive({ type: "welcome", protocol: 1, epoch, time: Date.now(), heartbeatMs: 5_000 });
  }
}

let wires: Wire[];
let signals: { wake(): void; hide(): void; sleep(): void; offline(): void };
let isOnline: boolean;
let isSeen: boolean;
let connection: Connection;
const wire = (): Wire => {
  const last = wires.at(-1);
  if (!last) throw new Error("no socket was opened");
  return last;
};
const phase = () => connection.state.getSnapshot().phase;

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  isOnline = true;
  isSeen = true;
  connection = createConnection({
    url: "ws://x",
    random: () => 0,
    openSocket: () => {
      const made = new Wire();
      wires.push(made);
      return made;
    },
    signals: {
      isOnline: () => isOnline,
      isSeen: () => isSeen,
      listen(on) {
        signals = on;
        return () => undefined;
      },
    },
  });
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

test("opens, greets, and is open once welcomed", async () => {
  expect(phase()).toBe("connecting");
  wire().open();
  await vi.advanceTimersByTimeAsync(0);
  expect(wire().sent).toEqual([{ type: "hello", protocol: 1 }]);
  wire().welcome();
  expect(phase()).toBe("open");
});

test("no welcome in 10 s is a failure; waits grow with failures and start over after a success", async () => {
  await vi.advanceTimersByTimeAsync(10_000);
  expect(connection.state.getSnapshot()).toMatchObject({ phase: "waiting", attempt: 0 });
  expect(wires[0]?.isClosed).toBe(true);
  await vi.advanceTimersByTimeAsync(125);
  expect(wires).toHaveLength(2);
  wire().end(1006);
  await vi.advanceTimersByTimeAsync(249);
  expect(wires).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(wires).toHaveLength(3);
  wire().welcome();
  wire().end(1006);
  await vi.advanceTimersByTimeAsync(125);
  expect(wires).toHaveLength(4);
});

test("waits are spread and bounded", () => {
  expect(retryDelay(0, 0)).toBe(125);
  expect(retryDelay(0, 1)).toBe(250);
  expect(retryDelay(1_000, 1)).toBe(10_000);
});

test("two missed heartbeats and the socket is dead, whatever it thinks", async () => {
  wire().welcome();
  await vi.advanceTimersByTimeAsync(9_000);
  wire().receive({ type: "head", time: 0, cursors: {}, notices: [] });
  await vi.advanceTimersByTimeAsync(10_900);
  expect(phase()).toBe("open");
  await vi.advanceTimersByTimeAsync(200);
  expect(phase()).toBe("waiting");
});

const isSilent = () => connection.state.getSnapshot();

test("a server that stops answering is noticed in 2.5 s, and is back with its first frame", async () => {
  wire().welcome();
  await vi.advanceTimersByTimeAsync(1_000);
  const pings = wire().sent.filter((message) => message.type === "ping").length;
  expect(pings).toBe(2);
  await vi.advanceTimersByTimeAsync(1_499);
  expect(isSilent()).toMatchObject({ phase: "open", isSilent: false });
  await vi.advanceTimersByTimeAsync(2);
  expect(isSilent()).toMatchObject({ phase: "open", isSilent: true });
  wire().receive({ type: "pong", at: 0, time: 0 });
  expect(isSilent()).toMatchObject({ phase: "open", isSilent: false });
  expect(wires).toHaveLength(1);
});

test("an idle server that answers is not silent", async () => {
  wire().welcome();
  for (let second = 0; second < 30; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
    wire().receive({ type: "pong", at: Date.now(), time: Date.now() });
    expect(isSilent()).toMatchObject({ phase: "open", isSilent: false });
  }
});

test("a page that nobody sees does not ask, and asks when it is seen", async () => {
  wire().welcome();
  isSeen = false;
  signals.hide();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(isSilent()).toMatchObject({ phase: "open", isSilent: false });
  expect(wire().sent.filter((message) => message.type === "ping")).toHaveLength(1);
  isSeen = true;
  signals.wake();
  expect(wire().sent.filter((message) => message.type === "ping")).toHaveLength(2);
});

test("each head is answered, and the answers set the clock", () => {
  wire().welcome();
  wire().receive({ type: "head", time: 0, cursors: {}, notices: [] });
  expect(wire().sent.filter((message) => message.type === "ping")).toHaveLength(2);
  wire().receive({ type: "pong", at: Date.now(), time: Date.now() + 3_600_000 });
  expect(connection.clock.now()).toBe(Date.now() + 3_600_000);
});

test("a page that was frozen lets go of the socket and comes back when it is seen", async () => {
  wire().welcome();
  signals.sleep();
  expect(phase()).toBe("waiting");
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(wires).toHaveLength(1);
  signals.wake();
  expect(wires).toHaveLength(2);
});

test("after a nap an open socket has 2 s to prove that it lives", async () => {
  wire().welcome();
  await vi.advanceTimersByTimeAsync(6_000);
  signals.wake();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(phase()).toBe("waiting");
});

test("offline nothing is tried; online it is at once", async () => {
  wire().welcome();
  isOnline = false;
  signals.offline();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wires).toHaveLength(1);
  isOnline = true;
  signals.wake();
  expect(wires).toHaveLength(2);
});

test.each([
  ["unauthorized", closeCodes.unauthorized],
  ["expired", closeCodes.expired],
  ["protocol", closeCodes.protocol],
] as const)("%s is the end", async (reason, code) => {
  wire().welcome();
  wire().end(code);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(connection.state.getSnapshot()).toEqual({ phase: "closed", reason });
  expect(wires).toHaveLength(1);
});

test("after three failures the link says polling, and live again when it is", async () => {
  const sync = createSync(connection);
  expect(sync.status.getSnapshot().phase).toBe("connecting");
  for (let i = 0; i < 3; i++) {
    wire().end(1006);
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(sync.status.getSnapshot().phase).toBe("polling");
  wire().welcome();
  expect(sync.status.getSnapshot().phase).toBe("live");
  wire().end(1006);
  expect(sync.status.getSnapshot().phase).toBe("reconnecting");
});

test("the link says silent while the server is, and only what was committed since the snapshot measures freshness", async () => {
  const measured: number[] = [];
  const sync = createSync(connection, { onChange: (at) => measured.push(at) });
  sync.subscribe(() => ({ kind: "trace", runId: "a" }), { snapshot: () => undefined, message: () => undefined, failed: () => undefined });
  wire().welcome();
  const line = (at: number) => wire().receive({ type: "trace", id: "s1", cursor: "e:1", at, items: [] });
  line(Date.now());
  wire().receive({ type: "snapshot", id: "s1", cursor: "e:1", reset: true, data: {} });
  line(Date.now() - 203_898);
  line(0);
  expect(measured).toEqual([]);
  line(Date.now() + 5);
  expect(measured).toEqual([Date.now() + 5]);
  await vi.advanceTimersByTimeAsync(2_501);
  expect(sync.status.getSnapshot().phase).toBe("silent");
  line(0);
  expect(sync.status.getSnapshot().phase).toBe("live");
});

test("a head beyond what came makes the subscription ask again from where it is", () => {
  const sync = createSync(connection);
  sync.subscribe(() => ({ kind: "run", runId: "a" }), { snapshot: () => undefined, message: () => undefined, failed: () => undefined });
  wire().welcome();
  expect(sync.status.getSnapshot().phase).toBe("catchingUp");
  wire().receive({ type: "snapshot", id: "s1", cursor: "e:4", reset: true, data: {} });
  expect(sync.status.getSnapshot().phase).toBe("live");
  wire().receive({ type: "head", time: 0, cursors: { s1: "e:4" }, notices: [] });
  const asked = () => wire().sent.filter((message) => message.type === "subscribe");
  expect(asked()).toHaveLength(1);
  wire().receive({ type: "head", time: 0, cursors: { s1: "e:5" }, notices: [] });
  expect(asked().at(-1)).toMatchObject({ id: "s1", cursor: "e:4" });
  expect(asked()).toHaveLength(2);
});
