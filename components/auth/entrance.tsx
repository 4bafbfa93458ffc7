import type { ReactNode } from "react";

/** The bare page around the sign-in and setup forms. */
export function Entrance({ title, intro, children }: { title: string; intro?: ReactNode; children: ReactNode }) {
  return (
    <main className="flex min-h-full justify-center px-4 py-[12vh]">
      <div className="w-full max-w-sm">
        <p className="mb-6 flex items-center gap-2 font-semibold">
          <Mark /> Signalbox
        </p>
        <h1 className="text-xl font-semibold">{title}</h1>
        {intro ? <p className="mt-1 text-muted">{intro}</p> : null}
        <div className="mt-5">{children}</div>
      </div>
    </main>
  );
}

/** A signal with its arm raised. */
const Mark = () => (
  <svg aria-hidden viewBox="0 0 16 16" className="size-4 fill-current">
    <path d="M3 1h2v14H3z" />
    <path d="M5 3.2 13.4 1.4v3.4L5 6.6z" />
  </svg>
);
