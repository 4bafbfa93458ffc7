import { LoaderCircle } from "lucide-react";
import { cn } from "./cn";

export const Spinner = ({ className }: { className?: string }) => <LoaderCircle aria-hidden className={cn("turn size-4", className)} />;
