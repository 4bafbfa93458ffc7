"use client";
import dynamic from "next/dynamic";
import { Skeleton } from "../ui/skeleton";

/** The form of a JSON Schema; its library loads when the first form is shown. */
export const SchemaForm = dynamic(() => import("./schema-form-body").then((module) => module.SchemaForm), {
  ssr: false,
  loading: () => (
    <output aria-label="Loading the form" className="flex flex-col gap-3">
      {[24, 32, 28].map((width) => (
        <div key={width} className="flex flex-col gap-1">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-8 w-full" />
        </div>
      ))}
    </output>
  ),
});
