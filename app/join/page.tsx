import type { Metadata } from "next";
import { Entrance } from "@/components/auth/entrance";
import { PersonLinkForm } from "@/components/auth/person-link-form";
import { passwordLength } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "Join" };

export default function JoinPage() {
  return (
    <Entrance title="Join this server">
      <PersonLinkForm kind="join" minPassword={passwordLength.min} />
    </Entrance>
  );
}
