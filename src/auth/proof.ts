const proof = Symbol("proof");

/** A mark of values that only authorization makes: no other module can name the key. */
export interface Proof {
  readonly [proof]: true;
}

/** Turns a right into a proof. Only authorize.ts may call it. */
export function prove<R extends object>(right: R): R & Proof {
  return { ...right, [proof]: true };
}
