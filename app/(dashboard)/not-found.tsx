import { SearchX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Link } from "@/components/ui/link";
import { EmptyState } from "@/components/ui/state";

export default function NotFound() {
  return (
    <EmptyState
      icon={<SearchX />}
      heading="h1"
      title="Not found here"
      action={
        <Button asChild>
          <Link href="/runs">All runs</Link>
        </Button>
      }
    >
      There is nothing under this address in this environment. Check the id, or look for it in the list.
    </EmptyState>
  );
}
