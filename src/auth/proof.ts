const proof = Symbol("proof");

/** Marks what only authorization makes: no other module can name the key. */
export interface Proof {
  readonly [proof]: true;
}

/** Makes a right a proof. For authorize.ts alone. */
export function prove<R extends object>(right: R): R & Proof {
  return { ...right, [proof]: true };
}
