import { z } from "zod";
import { limits } from "./limits";

/** A list of a filter: a value that is given again says nothing, and no list makes a statement large. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .overwrite((values) => [...new Set(values)])
    .max(limits.filterValues);
