import { OthersText } from "@/components/ui/others-text";
import { cn } from "@/components/ui/cn";
import { ansiParts, type AnsiColor } from "@/lib/view/ansi";
import { readableText } from "@/lib/view/readable-text";

/** The page's own colours: those of a terminal could not be read on both themes. */
const tones: Record<AnsiColor, string> = {
  black: "text-faint",
  red: "text-bad",
  green: "text-good",
  yellow: "text-needs",
  blue: "text-moving",
  magenta: "text-asks",
  cyan: "text-accent",
  white: "text-fg",
};

/** Text of a program that writes for a terminal. */
export function AnsiText({ text, className }: { text: string; className?: string }) {
  const parts = ansiParts(text);
  const [only] = parts;
  if (only === undefined || (parts.length === 1 && Object.keys(only).length === 2))
    return <OthersText text={only?.text ?? ""} {...(className !== undefined && { className })} />;
  return (
    <bdi className={className}>
      {parts.map(({ at, text: part, color, bold, dim, underline }) => (
        <span key={at} className={cn(color && tones[color], bold && "font-semibold", dim && "text-faint", underline && "underline")}>
          {readableText(part)}
        </span>
      ))}
    </bdi>
  );
}
