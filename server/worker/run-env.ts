export interface RunEnvironments {
  /** Sets a run's additions, unless another run of the process has a variable with another value: one `process.env` serves all. */
  enter(runId: string, additions: Readonly<Record<string, string>>): void;
  leave(runId: string): void;
}

export function createRunEnvironments(env: NodeJS.ProcessEnv): RunEnvironments {
  const held = new Map<string, Readonly<Record<string, string>>>();
  const former = new Map<string, string | undefined>();
  return {
    enter(runId, additions) {
      for (const [name, value] of Object.entries(additions)) {
        if ([...held.values()].some((other) => Object.hasOwn(other, name) && other[name] !== value)) continue;
        if (!former.has(name)) former.set(name, env[name]);
        env[name] = value;
      }
      held.set(runId, additions);
    },
    leave(runId) {
      held.delete(runId);
      for (const [name, value] of former) {
        if ([...held.values()].some((other) => Object.hasOwn(other, name))) continue;
        former.delete(name);
        if (value === undefined) delete env[name];
        else env[name] = value;
      }
    },
  };
}
