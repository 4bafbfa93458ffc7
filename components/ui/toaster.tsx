"use client";
import { useEffect, useState } from "react";
import { lazily } from "./lazily";
import { onFirstToast } from "./toast";

const ToastBody = lazily(async () => (await import("./toast-body")).ToastBody);

/** Place of toasts; empty until there is one. */
export function Toaster() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => onFirstToast(() => setWanted(true)), []);
  return wanted ? <ToastBody /> : null;
}
