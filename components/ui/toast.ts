/** A short message at the bottom right. The library that draws it is loaded with the first one. */
export interface Toast {
  kind: "success" | "error" | "message";
  text: string;
  description?: string | undefined;
  /** ms; default 4 s. */
  duration?: number | undefined;
}
type Options = Pick<Toast, "description" | "duration">;

const waiting: Toast[] = [];
let show: ((toast: Toast) => void) | null = null;
let ask: (() => void) | null = null;

function push(toast: Toast): void {
  if (show) show(toast);
  else {
    waiting.push(toast);
    ask?.();
  }
}

export const toast = {
  success: (text: string, options: Options = {}) => push({ kind: "success", text, ...options }),
  error: (text: string, options: Options = {}) => push({ kind: "error", text, ...options }),
  message: (text: string, options: Options = {}) => push({ kind: "message", text, ...options }),
};

/** Called with the first toast, or at once when one waits. */
export function onFirstToast(then: () => void): () => void {
  ask = then;
  if (waiting.length > 0) then();
  return () => {
    ask = null;
  };
}

/** From now on toasts go there, those that wait first. */
export function showToasts(here: (toast: Toast) => void): () => void {
  show = here;
  for (const toast of waiting.splice(0)) here(toast);
  return () => {
    show = null;
  };
}
