export interface RunEnvironments {
  /** Sets a run's additions, unless another run of the process has a variable with another value: one `process.env` serves all. */
  enter(runId: string, additions: Readonly<Record<string, string>>): void;
  leave(runId: string): void;
}

export function createRunEnvironments(env: NodeJS.ProcessEnv): RunEnvironments {
  /** Of runs that have some. */
  const held = new Map<string, Readonly<Record<string, string>>>();
  const former = new Map<string, string | undefined>();
  return {
    enter(runId, additions) {
      const added = Object.entries(additions);
      if (added.length === 0) return;
      for (const [name, value] of added) {
        if ([...held.values()].some((other) => Object.hasOwn(other, name) && other[name] !== value)) continue;
        if (!former.has(name)) former.set(name, env[name]);
        env[name] = value;
      }
      held.set(runId, additions);
    },
    leave(runId) {
      if (!held.delete(runId)) return;
      for (const [name, value] of former) {
        if ([...held.values()].some((other) => Object.hasOwn(other, name))) continue;
        former.delete(name);
        if (value === undefined) delete env[name];
        else env[name] = value;
      }
    },
  };
}
