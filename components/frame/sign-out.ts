import { sendJson } from "@/components/live/api";

export async function signOut(): Promise<void> {
  await sendJson("/api/auth/sign-out", { json: {} });
  location.assign("/sign-in");
}
