import { readableText } from "@/lib/view/readable-text";

export interface OthersTextProps {
  text: string;
  className?: string;
  /** Where it is cut off: the whole of it on hover. */
  whole?: "on hover";
}

/** Text that was not written here, for people's eyes: isolated, so that it turns nothing beside it round, and without what cannot be seen. */
export function OthersText({ text, className, whole }: OthersTextProps) {
  const shown = readableText(text);
  return (
    <bdi className={className} title={whole && shown}>
      {shown}
    </bdi>
  );
}
