import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { checkHost, hostOf, safeLookup } from "./safe-address";

const timeoutMs = 10_000;
/** Of an answer that is a refusal, so much is kept. */
const answerChars = 200;

export interface Posting {
  url: string;
  body: string;
  headers: Record<string, string>;
  /** Whether link-local and metadata addresses are refused. */
  isGuarded: boolean;
  /** Nobody waits for it any more. */
  signal: AbortSignal;
}

/** Posts JSON and resolves when it was taken (2xx). Rejects with a line that may be shown: it has no address in it. Follows nothing. */
export function post({ url: address, body, headers, isGuarded, signal }: Posting): Promise<void> {
  const url = new URL(address);
  if (isGuarded) checkHost(hostOf(url));
  const send = url.protocol === "https:" ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), "user-agent": "Signalbox", ...headers },
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]),
        ...(isGuarded && { lookup: safeLookup }),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) {
          response.destroy();
          return resolve();
        }
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > answerChars) response.destroy();
        });
        // A refusal is one however its text ends.
        response.on("error", () => {});
        response.on("close", () =>
          reject(
            new Error(
              `The receiver answered ${status}${status >= 300 && status < 400 ? ": a redirect, which is not followed" : text === "" ? "" : `: ${text.slice(0, answerChars)}`}`,
            ),
          ),
        );
        return undefined;
      },
    );
    request.on("error", (error) =>
      reject(
        new Error(
          signal.aborted
            ? "The server stopped"
            : error.name === "AbortError" || error.name === "TimeoutError"
              ? `The receiver did not answer within ${timeoutMs / 1000} s`
              : error.message,
        ),
      ),
    );
    request.end(body);
  });
}
