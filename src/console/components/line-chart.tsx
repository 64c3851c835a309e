import { type RefObject, useEffect, useRef, useState } from "react";
import { linesOf, niceMax } from "./chart-scale.ts";
import "./charts.css";

export interface ChartPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

interface LineChartProps {
  /** The chart's subject, for screen readers. */
  readonly label: string;
  /** Points in the order of time, at least two. */
  readonly points: readonly ChartPoint[];
  readonly formatValue: (value: number) => string;
  readonly formatTime: (at: number) => string;
}

const HEIGHT = 220;
/** Pixels around the lines, for the labels of the axes. */
const EDGE = { top: 12, right: 12, bottom: 28, left: 64 } as const;
/** Width in pixels, until the available width is known. */
const FIRST_WIDTH = 640;

/** Draws a value over time, from zero up. The point nearest to the pointer shows its value. */
export function LineChart({ label, points, formatValue, formatTime }: LineChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [near, setNear] = useState<number | null>(null);
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 1;
  const top = niceMax(Math.max(...points.map(({ value }) => value)));
  const x = (at: number): number =>
    EDGE.left + ((at - first) / Math.max(1, last - first)) * (width - EDGE.left - EDGE.right);
  const y = (value: number): number => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = points.map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at)} ${y(value)}`).join("");
  const area = `${line}L${x(last)} ${y(0)}L${x(first)} ${y(0)}Z`;
  const shown = near === null ? undefined : points[near];
  const find = (clientX: number): void => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    setNear(nearest(points, (at) => Math.abs(x(at) - (clientX - left))));
  };
  return (
    <div ref={box} className="line-chart">
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={label}
        onPointerMove={({ clientX }) => find(clientX)}
        onPointerLeave={() => setNear(null)}
      >
        {linesOf(top).map((value) => (
          <g key={value}>
            <line className="chart-grid" x1={EDGE.left} x2={width - EDGE.right} y1={y(value)} y2={y(value)} />
            <text x={EDGE.left - 8} y={y(value)} dy="0.32em" textAnchor="end">
              {formatValue(value)}
            </text>
          </g>
        ))}
        <text x={EDGE.left} y={HEIGHT - 8}>
          {formatTime(first)}
        </text>
        <text x={width - EDGE.right} y={HEIGHT - 8} textAnchor="end">
          {formatTime(last)}
        </text>
        <path className="chart-area" d={area} />
        <path className="chart-line" d={line} />
        {shown && <circle className="chart-point" cx={x(shown.at)} cy={y(shown.value)} r={4} />}
      </svg>
      <p className="chart-said" aria-hidden="true">
        {shown ? `${formatTime(shown.at)}: ${formatValue(shown.value)}` : " "}
      </p>
    </div>
  );
}

/** Returns the index of the nearest point. */
function nearest(points: readonly ChartPoint[], distance: (at: number) => number): number {
  const distances = points.map(({ at }) => distance(at));
  return distances.indexOf(Math.min(...distances));
}

function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
