import { EngineError } from "../error";

/** Place of a row in a list: creation time and id. `<` pages towards older rows, `>` towards newer ones. */
export function readPlace(cursor: string): { direction: "<" | ">"; createdAt: string; id: string } {
  const match = /^([<>])(\d{4}-[0-9T:.-]+Z)_([a-z]+_[a-z0-9]+)$/.exec(cursor);
  if (match === null)
    throw new EngineError(400, "The cursor is not one that this server gave out; leave it out to start at the newest.", {
      param: "cursor",
    });
  return { direction: match[1] === ">" ? ">" : "<", createdAt: match[2] ?? "", id: match[3] ?? "" };
}
