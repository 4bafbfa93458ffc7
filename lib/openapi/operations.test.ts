import fc from "fast-check";
import { expect, test } from "vitest";
import { groupOperations, matchesSearch, requestPath } from "./operations";

const operation = {
  operationId: "x",
  summary: "Cancels a run.",
  tags: ["runs"],
  security: [],
  parameters: [],
  responses: { 202: { content: { "application/json": { schema: { type: "object" } } } }, default: {} },
};

test("operations stand in groups, with what they read and answer", () => {
  const groups = groupOperations({
    paths: {
      "/a": { get: operation },
      "/b/{id}": { post: { ...operation, tags: ["queues"], requestBody: { content: { "text/plain": {} } } }, get: operation },
    },
  });
  expect([...groups.keys()]).toEqual(["runs", "queues"]);
  expect(groups.get("runs")).toMatchObject([
    { method: "GET", path: "/a", body: undefined, answer: { type: "application/json", schema: { type: "object" } } },
    { path: "/b/{id}" },
  ]);
  expect(groups.get("queues")).toMatchObject([{ method: "POST", body: { type: "text/plain", schema: undefined } }]);
});

test.each([
  ["cancel", true],
  ["get RUN", true],
  ["", true],
  ["get queue", false],
])("the search %j finds it: %s", (search, found) => {
  expect(
    matchesSearch(
      {
        operationId: "x",
        summary: "Cancels a run.",
        security: [],
        parameters: [],
        body: undefined,
        answer: undefined,
        method: "GET",
        path: "/api/v1/runs",
      },
      search,
    ),
  ).toBe(found);
});

test("what is filled in comes back out of the address, whatever it is; nothing is asked before the path is whole", () => {
  const parameters = [
    { name: "id", in: "path" },
    { name: "filter[tag]", in: "query" },
  ] as const;
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", minLength: 1 }), fc.string({ unit: "binary-ascii" }), (id, tag) => {
      const address = requestPath({ path: "/api/{id}/x", parameters }, { id, "filter[tag]": tag });
      if (id.trim() === "") return address === null;
      const url = new URL(`http://x${address}`);
      return (
        decodeURIComponent(url.pathname.split("/")[2] ?? "") === id.trim() &&
        (url.searchParams.get("filter[tag]") ?? "") === (tag.trim() === "" ? "" : tag)
      );
    }),
  );
});
