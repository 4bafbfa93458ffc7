import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { fetchDashboard } from "@/app/data";
import { environmentCookie } from "@/components/frame/environment-cookie";
import { Me } from "@/lib/contracts/dashboard";
import { environmentPath } from "@/lib/view/environment-path";
import { environmentHeader } from "@/proxy";

/** The environment of the address, else the one in which this browser was last. */
export default async function Home() {
  const [asked, jar] = await Promise.all([headers(), cookies()]);
  const base = asked.get(environmentHeader);
  if (base !== null) redirect(`${base}/runs`);
  const last = jar.get(environmentCookie)?.value;
  const found = last === undefined ? undefined : (await fetchDashboard("/me", Me)).environments.find(({ slug }) => slug === last);
  redirect(`${found === undefined ? "" : environmentPath(found)}/runs`);
}
