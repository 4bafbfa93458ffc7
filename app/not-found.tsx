import type { Metadata } from "next";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/state";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main>
      <EmptyState
        heading="h1"
        title="There is no such page"
        action={
          <Button asChild>
            <Link href="/runs">All runs</Link>
          </Button>
        }
      >
        Check the address, or start from the runs.
      </EmptyState>
    </main>
  );
}
