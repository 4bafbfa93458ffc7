import { Skeleton, SkeletonRows } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <>
      <div className="flex h-[45px] shrink-0 items-center gap-2 border-b border-line px-4">
        <Skeleton className="h-8 flex-1" />
      </div>
      <div className="h-16 shrink-0 border-b border-line px-4 pt-4 pb-2">
        <Skeleton className="h-full" />
      </div>
      <SkeletonRows rows={20} />
    </>
  );
}
