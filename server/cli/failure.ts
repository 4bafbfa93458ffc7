/** What a command ends with. They are said in the help. */
export const exitCodes = { done: 0, failed: 1, usage: 2, runFailed: 3 } as const;

/** One line that says what is wrong and what to do. */
export class Failure extends Error {
  override name = "Failure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usage = (message: string): Failure => new Failure(message, exitCodes.usage);
