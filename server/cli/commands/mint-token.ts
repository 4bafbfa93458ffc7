import { z } from "zod";
import { connect, formatOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { print, printJson } from "../output";

const longest = 604_800;

export async function mintToken(options: ServerOptions & { cap: string[]; ttl: string }): Promise<void> {
  const ttl = Number(options.ttl);
  if (!Number.isInteger(ttl) || ttl < 1 || ttl > longest) throw usage(`--ttl ${options.ttl}: give whole seconds, 1 to ${longest}.`);
  const expiresAt = Math.floor(Date.now() / 1000) + ttl;
  const { token } = await connect(options).request(z.object({ token: z.string() }), "/api/v1/auth/public-tokens", {
    method: "POST",
    json: { scopes: options.cap, expirationTime: expiresAt },
  });
  if (formatOf(options) === "json") return printJson({ token, scopes: options.cap, expiresAt: new Date(expiresAt * 1000).toISOString() });
  print(token);
}
