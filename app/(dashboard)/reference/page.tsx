import type { Metadata } from "next";
import { ReferenceView } from "@/components/reference/reference-view";

export const metadata: Metadata = { title: "HTTP API" };

export default function Page() {
  return <ReferenceView />;
}
