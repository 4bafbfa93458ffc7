import type { Follower } from "./follower";

/**
 * Components that name the same key have one follower, while one of them listens: what comes is asked for once, and `stop` of one is
 * the end for all. Without a key each has its own.
 */
export function createSharing<T>(): (key: string | undefined, make: () => Follower<T>) => Follower<T> {
  const followers = new Map<string, Follower<T>>();

  function shared(key: string, follower: Follower<T>): Follower<T> {
    let listeners = 0;
    const own: Follower<T> = {
      ...follower,
      subscribe(listener) {
        listeners += 1;
        // It may have been left, and is listened to again.
        if (!followers.has(key)) followers.set(key, own);
        const leave = follower.subscribe(listener);
        return () => {
          leave();
          listeners -= 1;
          // A remount in the same turn finds it again.
          queueMicrotask(() => {
            if (listeners === 0 && followers.get(key) === own) followers.delete(key);
          });
        };
      },
      stop() {
        if (followers.get(key) === own) followers.delete(key);
        follower.stop();
      },
    };
    return own;
  }

  return (key, make) => {
    if (key === undefined) return make();
    const known = followers.get(key);
    if (known !== undefined) return known;
    const made = shared(key, make());
    followers.set(key, made);
    return made;
  };
}
