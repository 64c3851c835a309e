import type { Peer } from "./peer.ts";

/** Does something at each peer when it is first needed, once; what fails is tried again. */
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
