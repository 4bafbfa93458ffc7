"use client";
import { useEffect } from "react";
import { toast as sonner, Toaster as Sonner } from "sonner";
import { showToasts } from "./toast";
import { readableText } from "@/lib/view/readable-text";

const classNames = {
  toast: "flex w-[356px] max-w-full items-start gap-2 rounded-lg bg-raised px-3 py-2.5 text-base text-fg shadow-float",
  title: "font-medium",
  description: "text-muted break-words",
  icon: "mt-0.5",
  error: "text-bad",
  success: "text-good",
};

export function ToastBody() {
  useEffect(
    () =>
      showToasts(({ kind, text, description, duration }) => {
        sonner[kind](readableText(text), {
          ...(description !== undefined && { description: readableText(description) }),
          ...(duration !== undefined && { duration }),
        });
      }),
    [],
  );
  return <Sonner position="bottom-right" gap={8} toastOptions={{ unstyled: true, classNames }} />;
}
