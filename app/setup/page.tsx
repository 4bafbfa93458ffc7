import type { Metadata } from "next";
import { Entrance } from "@/components/auth/entrance";
import { SetupForm } from "@/components/auth/setup-form";
import { passwordLength } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "Set up" };

export default function SetupPage() {
  return (
    <Entrance title="Create the first admin" intro="This server has no users yet. You will see and control everything.">
      <SetupForm minPassword={passwordLength.min} />
    </Entrance>
  );
}
