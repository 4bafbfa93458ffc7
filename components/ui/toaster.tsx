"use client";
import { lazy, Suspense, useEffect, useState } from "react";
import { onFirstToast } from "./toast";

const ToastBody = lazy(() => import("./toast-body").then((module) => ({ default: module.ToastBody })));

/** Place of toasts; empty until there is one. */
export function Toaster() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => onFirstToast(() => setWanted(true)), []);
  return wanted ? (
    <Suspense fallback={null}>
      <ToastBody />
    </Suspense>
  ) : null;
}
