import { Package } from "lucide-react";
import type { Me } from "@/lib/contracts/dashboard";
import { environmentPath } from "@/lib/view/environment-path";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/state";

/** What to do where no version is. */
export function NothingDeployed({ me: { environment, environments } }: { me: Pick<Me, "environment" | "environments"> }) {
  const main = environments.find(({ isMain }) => isMain);
  if (environment.isMain || main === undefined) {
    return (
      <EmptyState icon={<Package />} title="No version yet">
        Every start with changed code deploys one, and so does the command signalbox deploy; in development every save does.
      </EmptyState>
    );
  }
  if (environment.type === "PREVIEW" && environments.every(({ slug, branch }) => slug !== environment.slug || branch === undefined)) {
    return (
      <EmptyState icon={<Package />} title="Its branches run the versions">
        This environment has the key and the variables that its branches share. Create a branch on Environments and deploy a version to
        that.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<Package />}
      title="Nothing is deployed here yet"
      action={
        <Button look="primary" asChild>
          <a href={`${environmentPath(main)}/deployments`}>Deployments of {main.slug}</a>
        </Button>
      }
    >
      Run signalbox deploy with a key of this environment, or open the deployments of another one and choose “Deploy to…” beside a version.
      {environment.type === "DEVELOPMENT" ? "" : " What is triggered here until then waits for it."}
    </EmptyState>
  );
}
