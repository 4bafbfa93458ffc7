import { limits } from "@/lib/contracts/limits";
import { nameProblem, valueProblem } from "@/lib/variables/problem";
import type { Database, Query } from "../../db/database";
import type { Vault } from "../../db/keys";
import type { Logger } from "../../log";
import { EngineError } from "../error";
import type { Feed } from "../feed";
import { claimRequest, MadeBefore } from "../request-once";
import { purposeOf, readVariables, valuesOf, type Variable } from "./read-variables";

export interface VariableInput {
  name: string;
  value: string;
  /** Once secret, always secret: false changes nothing. */
  isSecret?: boolean | undefined;
}

/** Names by what became of them. */
export interface VariablesPut {
  added: string[];
  changed: string[];
  /** Already there: not overridden, or with this very value. */
  kept: string[];
}

/** The stored variables of the environment. Values of secret ones are for processes alone: whoever shows a variable leaves them out. */
export interface Variables {
  /** What new processes get. */
  values(): Readonly<Record<string, string>>;
  /** Calls back when new processes would get something else. */
  onChange(listener: () => void): () => void;
  list(): Promise<Variable[]>;
  find(name: string): Promise<Variable | null>;
  /** All or none. Throws `VariableErrors` for names and values that cannot be stored. */
  put(inputs: readonly VariableInput[], how: { override: boolean; by: string; requestKey?: string }): Promise<VariablesPut>;
  /** Null: there is none of this name. */
  update(name: string, change: { value?: string | undefined; isSecret?: boolean | undefined }, by: string): Promise<VariablesPut | null>;
  /** False: there is none of this name. */
  remove(name: string): Promise<boolean>;
  /** Somebody else has changed what is stored. */
  readAgain(): Promise<void>;
}

/** Nothing was stored. */
export class VariableErrors extends EngineError {
  constructor(readonly errors: readonly { key: string; error: string }[]) {
    const named = errors.slice(0, 3).map(({ key, error }) => `${JSON.stringify(key.slice(0, 64))}: ${error}`);
    super(400, `Nothing was stored. ${named.join(" ")}${errors.length > 3 ? ` And ${errors.length - 3} more.` : ""}`);
  }
}

interface VariablesOptions {
  db: Database;
  environmentId: string;
  /** An environment whose variables hold where this one has none of the name. */
  parentId?: string | undefined;
  vault: Vault;
  feed: Feed;
  log: Logger;
}

const putSql = `
insert into environment_variable as v (environment_id, name, sealed, is_secret, updated_by)
select $1, name, decode(sealed, 'base64'), is_secret, $5 from unnest($2::text[], $3::text[], $4::boolean[]) as given (name, sealed, is_secret)
on conflict (environment_id, name) do update
   set sealed = excluded.sealed, is_secret = v.is_secret or excluded.is_secret, updated_at = now(), updated_by = excluded.updated_by`;

export async function openVariables({ db, environmentId, parentId, vault, feed, log }: VariablesOptions): Promise<Variables> {
  const listeners = new Set<() => void>();
  const place = { vault, environmentId };
  const readValues = async () => ({
    ...(parentId !== undefined && valuesOf(await readVariables(db.query, { vault, environmentId: parentId }), log)),
    ...valuesOf(await readVariables(db.query, place), log),
  });
  let values = await readValues();
  let reading: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const next = await readValues();
    // Both are in the same order of names.
    const isSame = JSON.stringify(next) === JSON.stringify(values);
    values = next;
    if (!isSame) for (const listener of listeners) listener();
    feed.emit("environment", ["variables"]);
  }

  /** After a commit, and after one that may have been told to nobody. One read after another: an older one never comes last. */
  function changed(): Promise<void> {
    const next = reading.then(read);
    reading = next.catch(() => {});
    return next;
  }

  /** Changes of one environment are made one after another: each checks the limits against what the others have left. */
  function change<T>(work: (query: Query, known: ReadonlyMap<string, Variable>) => Promise<T>): Promise<T> {
    return db.transaction(async (query) => {
      await query("select id from environment where id = $1 for no key update", [environmentId]);
      return work(query, new Map((await readVariables(query, place)).map((variable) => [variable.name, variable])));
    });
  }

  async function store(
    query: Query,
    {
      known,
      inputs,
      override,
      by,
    }: { known: ReadonlyMap<string, Variable>; inputs: readonly VariableInput[]; override: boolean; by: string },
  ): Promise<VariablesPut> {
    const put: VariablesPut = { added: [], changed: [], kept: [] };
    const written = inputs.filter((input) => {
      const former = known.get(input.name);
      const isSame = former !== undefined && former.value === input.value && (former.isSecret || input.isSecret !== true);
      put[former === undefined ? "added" : isSame || !override ? "kept" : "changed"].push(input.name);
      return former === undefined || (override && !isSame);
    });
    checkRoom(known, written);
    if (written.length > 0)
      await query(putSql, [
        environmentId,
        written.map(({ name }) => name),
        written.map(({ name, value }) => vault.seal(value, purposeOf(environmentId, name)).toString("base64")),
        written.map(({ isSecret }) => isSecret === true),
        by,
      ]);
    return put;
  }

  return {
    values: () => values,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    list: () => readVariables(db.query, place),
    async find(name) {
      const [found] = await readVariables(db.query, { ...place, name });
      return found ?? null;
    },
    async put(inputs, { override, by, requestKey }) {
      check(inputs);
      let put: VariablesPut;
      try {
        put = await change(async (query, known) => {
          if (requestKey !== undefined)
            await claimRequest(query, environmentId, { kind: "variables", key: requestKey, ref: environmentId });
          return store(query, { known, inputs, override, by });
        });
      } catch (error) {
        if (!(error instanceof MadeBefore)) throw error;
        // An earlier try of this request has stored them; what was changed since then stays.
        put = { added: [], changed: [], kept: inputs.map(({ name }) => name) };
      }
      await changed();
      return put;
    },
    async update(name, { value, isSecret }, by) {
      const put = await change((query, known) => {
        const former = known.get(name);
        if (former === undefined) return Promise.resolve(null);
        if (isSecret === false && former.isSecret)
          throw new EngineError(400, `${name} is secret and stays so. Delete it and add it anew.`, { param: "isSecret" });
        if (value === undefined && former.value === null)
          throw new EngineError(400, `The value of ${name} cannot be read; give a new one.`, { param: "value" });
        const inputs = [{ name, value: value ?? former.value ?? "", isSecret }];
        check(inputs);
        return store(query, { known, inputs, override: true, by });
      });
      if (put !== null) await changed();
      return put;
    },
    async remove(name) {
      const removed = await db.query("delete from environment_variable where environment_id = $1 and name = $2 returning name", [
        environmentId,
        name,
      ]);
      await changed();
      return removed.length > 0;
    },
    readAgain: changed,
  };
}

function check(inputs: readonly VariableInput[]): void {
  const errors = inputs.flatMap(({ name, value }) => {
    const error = nameProblem(name) ?? valueProblem(value);
    return error === null ? [] : [{ key: name, error }];
  });
  if (errors.length > 0) throw new VariableErrors(errors);
}

function checkRoom(known: ReadonlyMap<string, Variable>, written: readonly VariableInput[]): void {
  const after = new Map([...known.values(), ...written].map(({ name, value }) => [name, Buffer.byteLength(value ?? "")]));
  if (after.size > limits.variables)
    throw new EngineError(
      400,
      `An environment has at most ${limits.variables} variables; this would make ${after.size}. Delete some first.`,
      { param: "variables" },
    );
  const bytes = [...after.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > limits.variablesBytes)
    throw new EngineError(
      400,
      `The values of an environment have at most ${limits.variablesBytes.toLocaleString("en")} bytes together; this would make ${bytes.toLocaleString("en")}.`,
      { param: "variables" },
    );
}
