import type { Metadata } from "next";
import { Entrance } from "@/components/auth/entrance";
import { PersonLinkForm } from "@/components/auth/person-link-form";
import { passwordLength } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "New password" };

export default function ResetPage() {
  return (
    <Entrance title="Choose a new password">
      <PersonLinkForm kind="reset" minPassword={passwordLength.min} />
    </Entrance>
  );
}
