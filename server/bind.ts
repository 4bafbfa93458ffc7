import { ConfigError, type Config } from "./config";
import { createHostRule } from "./http/host";
import { listen, type HttpServer, type Routes } from "./http/listen";
import { securityHeaders } from "./http/security-headers";

/** An address that is there and taken; what is no address is a wrong setting. */
export class AddressInUse extends Error {
  override name = "AddressInUse";
}

export async function bind(config: Config, routes: () => Routes): Promise<HttpServer> {
  const { host, port, publicUrl } = config;
  try {
    return await listen({
      host,
      port,
      routes,
      hostRule: createHostRule(config),
      headers: securityHeaders({ isHttps: publicUrl?.startsWith("https:") === true }),
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EADDRINUSE")
      throw new AddressInUse(`PORT: ${host}:${port} is in use by another process. Stop that one, or set PORT to a free port.`);
    if (code === "EACCES") throw new ConfigError(`PORT: this user may not listen on port ${port}. Set PORT to one above 1023.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new ConfigError(`HOST: ${host} is no address of this machine. Set HOST to 127.0.0.1, or to 0.0.0.0 for all.`);
    throw error;
  }
}
