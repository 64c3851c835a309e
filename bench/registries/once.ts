import type { Peer } from "./peer.ts";

/** Returns a function that does work once for each peer, when it is first needed. Failed work is tried again. */
export function oncePerPeer<T>(work: (peer: Peer) => Promise<T>): (peer: Peer) => Promise<T> {
  const done = new Map<Peer, T>();
  return async (peer) => {
    const known = done.get(peer);
    if (known !== undefined) return known;
    const made = await work(peer);
    done.set(peer, made);
    return made;
  };
}
