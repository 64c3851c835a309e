/** Curves as SVG, with logarithmic axes. The colours are those of the page around it, light or dark. */
interface Curve {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** True to draw dashes, for a curve that is not held to the bar. */
  readonly dashed: boolean;
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 860;
const HEIGHT = 520;
const BOX = { left: 70, top: 44, right: 580, bottom: 460 };
/** The least distance between the labels of curves that end at the same height. */
const LABEL_STEP = 15;
/** The most that a label may stand below its curve's end, to leave room for the labels above it. */
const LABEL_DROP = 70;
const LABELS = 640;

const STYLE = `
  :root { color-scheme: light dark; color: #24292f; }
  @media (prefers-color-scheme: dark) { :root { color: #d1d7e0; } }
  text { font: 12px system-ui, sans-serif; fill: currentColor; }
  .title { font-size: 15px; font-weight: 600; }
  .grid { stroke: currentColor; opacity: 0.15; }
  .curve { fill: none; stroke: currentColor; stroke-width: 1.5; opacity: 0.75; }
  .dashed { stroke-dasharray: 5 4; }`;

/** Returns a whole SVG document. */
export function svgOf({ title, xLabel, yLabel, curves }: Plot): string {
  const x = scale(
    curves.flatMap(({ points }) => points.map((point) => point.x)),
    BOX.left,
    BOX.right,
  );
  const y = scale(
    curves.flatMap(({ points }) => points.map((point) => point.y)),
    BOX.bottom,
    BOX.top,
  );
  const parts = [
    text(BOX.left, 24, title, 'class="title"'),
    text((BOX.left + BOX.right) / 2, HEIGHT - 16, xLabel, 'text-anchor="middle"'),
    text(
      16,
      (BOX.top + BOX.bottom) / 2,
      yLabel,
      `text-anchor="middle" transform="rotate(-90 16 ${(BOX.top + BOX.bottom) / 2})"`,
    ),
    ...x.ticks.flatMap((value) => [
      line(x.at(value), BOX.top, x.at(value), BOX.bottom),
      text(x.at(value), BOX.bottom + 18, value.toLocaleString("en"), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((value) => [
      line(BOX.left, y.at(value), BOX.right, y.at(value)),
      text(BOX.left - 8, y.at(value) + 4, value.toLocaleString("en"), 'text-anchor="end"'),
    ]),
    ...curves.map((curve) => path(curve, x.at, y.at)),
    ...labels(curves, y.at),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
${parts.join("\n")}
</svg>
`;
}

interface Scale {
  readonly at: (value: number) => number;
  /** Powers of ten. */
  readonly ticks: readonly number[];
}

function scale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values))));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value: number): number => from + ((Math.log10(Math.max(1, value)) - low) / (high - low)) * (to - from);
  return { at, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

function path({ points, dashed }: Curve, x: Scale["at"], y: Scale["at"]): string {
  const line = points.map((point, index) => `${index === 0 ? "M" : "L"}${round(x(point.x))} ${round(y(point.y))}`);
  return `<path class="curve${dashed ? " dashed" : ""}" d="${line.join("")}"/>`;
}

/** Labels each curve to the right of its end, with a line from the end to the label. Labels are moved apart. */
function labels(curves: readonly Curve[], y: Scale["at"]): readonly string[] {
  const ends = curves
    .map(({ label, points }) => ({ label, end: y(points.at(-1)?.y ?? 1) }))
    .toSorted((a, b) => b.end - a.end);
  let free = Infinity;
  // Labels are placed from the lowest upwards.
  return ends.flatMap(({ label, end }) => {
    free = Math.min(end + LABEL_DROP, free - LABEL_STEP);
    return [line(BOX.right, end, LABELS - 4, free - 4), text(LABELS, free, label, "")];
  });
}

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`;

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (content: string): string => content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
