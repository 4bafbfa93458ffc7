/** Gathers items and hands them on together, at most once per `ms`; `end` hands on the rest at once. */
export function gather<T>(ms: number, flush: (items: T[]) => void): { add(item: T): void; end(): void } {
  let items: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hand = () => {
    timer = undefined;
    const ready = items;
    items = [];
    if (ready.length > 0) flush(ready);
  };
  return {
    add(item) {
      items.push(item);
      timer ??= setTimeout(hand, ms);
    },
    end() {
      clearTimeout(timer);
      hand();
    },
  };
}
