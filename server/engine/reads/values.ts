import { limits } from "@/lib/contracts/limits";
import type { RunValue } from "@/lib/contracts/run-values";
import { readValueColumn, type ValueColumn, type ValueSource } from "@/lib/runs/run-columns";
import { valueAt } from "@/lib/values/value-at";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";

interface StoredData extends Record<ValueSource, string | null> {
  id: string;
  payload_type: string;
  output_type: string | null;
  large: ValueSource[];
}

const texts: Record<ValueSource, string> = { metadata: "d.metadata", payload: "d.payload", output: "coalesce(run.output, d.output)" };

/** Only what is asked for, and nothing large, leaves the database. */
function statement(sources: ReadonlySet<ValueSource>): string {
  const sized = (source: ValueSource) =>
    sources.has(source) ? `case when octet_length(${texts[source]}) <= $3 then ${texts[source]} end` : "null::text";
  const large = [...sources].map((source) => `case when octet_length(${texts[source]}) > $3 then '${source}' end`);
  return `select run.id, ${sized("metadata")} as metadata, ${sized("payload")} as payload, ${sized("output")} as output,
       d.payload_type, coalesce(run.output_type, d.output_type) as output_type, array_remove(array[${large.join(", ")}]::text[], null) as large
  from run join run_data d on d.run_id = run.id
 where run.env_id = $1 and run.id = any($2)`;
}

function readValue(row: StoredData, column: ValueColumn): RunValue | null {
  const text = row[column.source];
  const dataType =
    column.source === "payload"
      ? row.payload_type
      : column.source === "output"
        ? (row.output_type ?? "application/json")
        : "application/json";
  // What the packet store holds is larger still.
  if (row.large.includes(column.source) || dataType === "application/store") return { kind: "large", text: "" };
  return text === null ? null : valueAt({ data: decodeText(text), dataType }, column.steps);
}

/** What stands at these paths of the runs' data, by run. A path that is none has no value. */
export async function readValues(
  db: Database,
  envId: string,
  { ids, paths }: { ids: readonly string[]; paths: readonly string[] },
): Promise<Map<string, (RunValue | null)[]>> {
  const columns = paths.map(readValueColumn);
  const sources = new Set(columns.flatMap((column) => (column === null ? [] : [column.source])));
  if (sources.size === 0 || ids.length === 0) return new Map();
  const rows = await db.lists<StoredData>(statement(sources), [envId, ids, limits.columnBytes]);
  return new Map(rows.map((row) => [row.id, columns.map((column) => (column === null ? null : readValue(row, column)))]));
}
