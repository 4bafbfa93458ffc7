import { expect, test } from "vitest";
import { neighboursOf, type Place } from "./place";

const left: Place = { key: "k", search: "?tag=a", ids: ["c", "b", "a"], cursor: null, scrollTop: 0 };

test("a run has the neighbours that it has in the list it was opened from", () => {
  expect(neighboursOf(left, "b")).toEqual({ previous: "c", next: "a", position: 2, of: 3 });
  expect(neighboursOf(left, "c")).toMatchObject({ previous: undefined, next: "b" });
  expect(neighboursOf(left, "a")).toMatchObject({ previous: "b", next: undefined });
});

test("one that came from elsewhere has none", () => {
  expect(neighboursOf(left, "x")).toBeNull();
  expect(neighboursOf(null, "b")).toBeNull();
});
