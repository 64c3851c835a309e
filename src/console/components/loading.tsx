import { useEffect, useState } from "react";

/** Milliseconds after which a person wants to know that something is under way. */
const PATIENCE = 500;

/** Says that something is under way, once it has taken longer than a moment. */
export function Loading({ what }: { readonly what: string }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  return (
    <output className="loading">
      {isLong && (
        <>
          <span className="spinner" aria-hidden="true" /> Loading {what} …
        </>
      )}
    </output>
  );
}
