/** What the page knows about being seen, frozen and online. Outside browsers nothing ever happens. */
export interface PageSignals {
  isOnline(): boolean;
  /** Somebody may be looking: nothing is painted and timers are late where not. */
  isSeen(): boolean;
  /** `wake`: visible again, thawed, restored or online again. `hide`: no longer seen. `sleep`: about to be frozen or put into the back-forward cache. */
  listen(on: { wake(): void; hide(): void; sleep(): void; offline(): void }): () => void;
}

export const browserSignals: PageSignals = {
  isOnline: () => typeof navigator === "undefined" || navigator.onLine,
  isSeen: () => typeof document === "undefined" || document.visibilityState === "visible",
  listen(on) {
    if (typeof window === "undefined" || typeof document === "undefined") return () => undefined;
    const seen = () => {
      if (document.visibilityState === "visible") on.wake();
      else on.hide();
    };
    const ends = [
      listenTo(document, "visibilitychange", seen),
      listenTo(document, "resume", on.wake),
      listenTo(document, "freeze", on.sleep),
      listenTo(window, "pageshow", seen),
      listenTo(window, "pagehide", on.sleep),
      listenTo(window, "online", on.wake),
      listenTo(window, "offline", on.offline),
    ];
    return () => ends.forEach((end) => end());
  },
};

function listenTo(target: EventTarget, type: string, listener: () => void): () => void {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}
