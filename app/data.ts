import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import type { z } from "zod";
import { environmentHeader, pathHeader } from "@/proxy";

/** Our own HTTP API over loopback: pages share its authorisation and read nothing behind its back. */
function apiOrigin(): string {
  const host = process.env.HOST;
  const address =
    host === undefined || host === "" || host === "0.0.0.0" || host === "::" || host === "localhost"
      ? "127.0.0.1"
      : host.includes(":")
        ? `[${host}]`
        : host;
  return `http://${address}:${process.env.PORT ?? "3030"}`;
}

/** Reads `/api/dashboard<path>` of the environment in the address as the signed-in user. No session: sign-in page. 404: the not-found page. */
export async function fetchDashboard<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const [jar, asked] = await Promise.all([cookies(), headers()]);
  const response = await fetch(`${apiOrigin()}${asked.get(environmentHeader) ?? ""}/api/dashboard${path}`, {
    headers: { cookie: jar.toString() },
    cache: "no-store",
  });
  if (response.status === 401) redirect(`/sign-in?next=${encodeURIComponent(asked.get(pathHeader) ?? "/runs")}`);
  if (response.status === 404) notFound();
  if (!response.ok) throw new Error(`GET /api/dashboard${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return schema.parse(await response.json());
}
