import type { Metadata } from "next";

export const metadata: Metadata = { title: "Not found" };

/** Drawn with bare elements: every page loads what this file needs, and shared components would come with it a second time (7 KB). */
export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-md flex-col items-center gap-1 px-6 py-16 text-center">
      <h1 className="text-lg font-semibold">There is no such page</h1>
      <p className="text-muted">Check the address, or start from the runs.</p>
      <a
        href="/runs"
        className="mt-3 inline-flex h-8 items-center rounded border border-line-strong bg-canvas px-3 font-medium hover:bg-hover"
      >
        All runs
      </a>
    </main>
  );
}
