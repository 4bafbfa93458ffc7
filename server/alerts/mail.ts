import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import type { Message } from "./messages";
import { checkHost, hostOf, safeLookup } from "./safe-address";

const timeoutMs = 10_000;
const wholeMs = 30_000;
/** An address of the name that mail may be sent to. */
const resolve = (name: string): Promise<string> =>
  new Promise((done, fail) =>
    safeLookup(name, { all: false }, (error, address) =>
      error === null && typeof address === "string" ? done(address) : fail(error ?? new Error(`${name} has no address`)),
    ),
  );

interface Mail {
  smtp: string;
  from: string;
  to: readonly string[];
  message: Message;
  /** The same over all tries, so that mail servers and readers know a repeated one. */
  id: string;
  isGuarded: boolean;
  /** Nobody waits for it any more. */
  signal: AbortSignal;
}

/** Resolves when the mail server has taken it for every recipient. Rejects with a line that may be shown. */
export async function sendMail({ smtp, from, to, message, id, isGuarded, signal }: Mail): Promise<void> {
  const url = new URL(smtp);
  const name = hostOf(url);
  if (isGuarded) checkHost(name);
  // What was judged is what is connected to.
  const host = isGuarded && isIP(name) === 0 ? await resolve(name) : name;
  const isSecure = url.protocol === "smtps:";
  const transport = createTransport({
    host,
    port: url.port === "" ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    ...(url.username !== "" && { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    tls: { servername: name },
    // Who signs in does so over TLS only.
    requireTLS: !isSecure && url.username !== "",
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(wholeMs)]);
    const stopped = new Promise<never>((_, fail) =>
      stop.addEventListener(
        "abort",
        () => fail(new Error(signal.aborted ? "The server stopped" : `The mail server took longer than ${wholeMs / 1000} s`)),
        { once: true },
      ),
    );
    const sent = transport.sendMail({
      from,
      to: [...to],
      subject: message.title,
      text: `${message.text}\n\n${message.link}\n`,
      messageId: `<${id}@signalbox>`,
    });
    await Promise.race([sent, stopped]);
  } finally {
    transport.close();
  }
}
