import { Skeleton, SkeletonRows } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <>
      <div className="flex h-[107px] shrink-0 flex-col justify-center gap-2 border-b border-line px-4">
        <Skeleton className="h-4 w-80" />
        <Skeleton className="h-3 w-[32rem] max-w-full" />
      </div>
      <SkeletonRows rows={20} rowClass="h-7" />
    </>
  );
}
