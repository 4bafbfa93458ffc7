import { BuildFailure, fromStack } from "./build-error";
import { BuildRequest, type FromBuilder } from "./builder-protocol";
import { makeBuild } from "./make-build";

/**
 * The process that builds: it runs the project's config and extensions, so nothing of the server's is in it. It is given one request,
 * tells what it finds, and is ended by who started it.
 */
function tell(message: FromBuilder): void {
  process.send?.(message);
}

function failed(error: unknown, projectDir: string): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // A file that cannot be read or written, a full disk: the operator's to put right, and the message names the path.
  const isOfSystem = error instanceof Error && "syscall" in error;
  tell({
    type: "failed",
    error:
      error instanceof BuildFailure
        ? error.error
        : isOfSystem
          ? { message: `The project cannot be built: ${error.message}` }
          : fromStack(stack, projectDir),
  });
}

process.once("disconnect", () => process.exit(0));
process.once("message", (raw) => {
  const request = BuildRequest.parse(raw);
  process.chdir(request.projectDir);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, request.env);
  process.on("unhandledRejection", (error) => failed(error, request.projectDir));
  makeBuild(request, tell).then(
    (made) => tell({ type: "made", made }),
    (error: unknown) => failed(error, request.projectDir),
  );
});
