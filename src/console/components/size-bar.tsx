import "./size-bar.css";

/** Draws a size in proportion to its neighbours'. It is for the eye alone: the number stands beside it. */
export function SizeBar({
  part,
  of,
  isMuted = false,
}: {
  readonly part: number;
  readonly of: number;
  readonly isMuted?: boolean;
}) {
  const width = of > 0 ? Math.max(0.5, (100 * part) / of) : 0;
  return (
    <span className="size-bar" aria-hidden="true">
      <span className={isMuted ? "size-bar-muted" : undefined} style={{ inlineSize: `${width}%` }} />
    </span>
  );
}

interface Share {
  readonly id: string;
  readonly size: number;
  readonly isMuted: boolean;
  readonly title: string;
}

/** Draws parts of a whole beside each other, to scale. */
export function ShareBar({ shares }: { readonly shares: readonly Share[] }) {
  return (
    <span className="share-bar" aria-hidden="true">
      {shares.map(({ id, size, isMuted, title }) => (
        <span key={id} className={isMuted ? "size-bar-muted" : undefined} title={title} style={{ flexGrow: size }} />
      ))}
    </span>
  );
}
