/** Lines on a grid of 24 by 24, drawn in the colour of the text. */
const PATHS = {
  anchor: "M12 7v14M5 13a7 7 0 0 0 14 0M9 5a3 3 0 1 0 6 0 3 3 0 0 0-6 0M8 11h8",
  check: "m5 12 5 5L20 7",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  down: "m6 9 6 6 6-6",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14m5 12 4 4",
  up: "m6 15 6-6 6 6",
  warning: "M12 4 2.5 20h19zM12 10v4m0 3v.01",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
