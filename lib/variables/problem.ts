import { limits } from "../contracts/limits";
import { unsafeText } from "../values/unsafe-text";

/** Signalbox and the SDK set these for each process themselves. */
const ours = /^(?:TRIGGER|SIGNALBOX|NODE_CHANNEL)_|^NODE_UNIQUE_ID$/;
/** They belong to the machine, or make a process load code: whoever may set a variable may not do that. */
const ofTheMachine =
  /^(?:PATH|HOME|PWD|OLDPWD|USER|LOGNAME|SHELL|SHLVL|_|TMPDIR|NODE_OPTIONS|NODE_PATH|NODE_EXTRA_CA_CERTS|NODE_V8_COVERAGE|(?:LD|DYLD)_\w+)$/;

/** Why a stored variable cannot have this name; null: it can. */
export function nameProblem(name: string): string | null {
  if (name === "") return "The name is missing.";
  if (name.length > limits.variableNameLength)
    return `The name has ${name.length} characters; at most ${limits.variableNameLength} are allowed.`;
  if (!/^[A-Za-z_]\w*$/.test(name) || name === "__proto__")
    return "A name consists of letters, digits and underscores, and does not begin with a digit.";
  if (ours.test(name)) return "This name is reserved: Signalbox sets TRIGGER_…, SIGNALBOX_… and NODE_CHANNEL_… itself. Choose another one.";
  if (ofTheMachine.test(name))
    return "This name is reserved: it decides where or how a process starts. Put it into the project's .env file on the server.";
  return null;
}

/** Why a variable cannot have this value; null: it can. */
export function valueProblem(value: string): string | null {
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > limits.variableValueBytes)
    return `The value has ${bytes.toLocaleString("en")} bytes; at most ${limits.variableValueBytes.toLocaleString("en")} are allowed.`;
  if (unsafeText.test(value)) return "The value contains characters that a process cannot be given, such as NUL.";
  return null;
}
