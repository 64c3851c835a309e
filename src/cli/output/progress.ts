import type { Writable } from "node:stream";
import { createLogUpdate } from "log-update";
import { formatDuration } from "../../contract/format.ts";
import { formatBytes } from "../../oci/size.ts";
import { Rate } from "./rate.ts";
import type { Style } from "./style.ts";
import { visible, visibleLine } from "./visible.ts";

/** The bar of one thing on its way, for example a layer. */
interface Bar {
  /** Sets the number of bytes done; it may go back if some were lost on the way. */
  update(done: number): void;
  /** Finishes the bar: its line stays and shows the outcome, as in "pushed" or "already there". */
  end(outcome: string): void;
}

export interface Progress {
  /**
   * Adds a bar.
   * @param total bytes
   */
  bar(label: string, total: number): Bar;
  /** Draws a last time and releases the terminal. Must always be called. */
  close(): void;
}

const quietBar: Bar = { update: () => undefined, end: () => undefined };

/** Shows nothing, for CI and pipes. */
export const quietProgress: Progress = { bar: () => quietBar, close: () => undefined };

const DRAWN_EVERY_MS = 100;
const BAR_WIDTH = 24;
const LABEL_WIDTH = 20;

interface BarState {
  readonly label: string;
  readonly total: number;
  readonly rate: Rate;
  done: number;
  outcome: string | null;
}

/** Shows a line for each bar and redraws them. */
export function terminalProgress(stream: Writable, style: Style): Progress {
  const draw = createLogUpdate(stream);
  const bars: BarState[] = [];
  const render = (): void => {
    // Without bars, an empty line would be drawn, and would stay.
    if (bars.length > 0) draw(visible(bars.map((bar) => line(bar, style)).join("\n")));
  };
  const timer = setInterval(render, DRAWN_EVERY_MS);
  return {
    bar: (label, total) => {
      const state: BarState = { label, total, rate: new Rate(), done: 0, outcome: null };
      bars.push(state);
      return {
        update: (done) => {
          state.done = done;
          state.rate.note(done, performance.now());
        },
        end: (outcome) => {
          state.outcome = outcome;
        },
      };
    },
    close: () => {
      clearInterval(timer);
      if (bars.length === 0) return;
      render();
      draw.done();
    },
  };
}

function line({ label, total, done, rate, outcome }: BarState, style: Style): string {
  const name = visibleLine(label).padEnd(LABEL_WIDTH).slice(0, LABEL_WIDTH);
  if (outcome !== null) return `${name} ${style.green("✓")} ${outcome} ${style.dim(formatBytes(total))}`;
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = style.cyan("█".repeat(filled)) + style.dim("░".repeat(BAR_WIDTH - filled));
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `${name} ${bar}${percent}  ${formatBytes(done)} of ${formatBytes(total)}${pace(total - done, rate)}`;
}

function pace(left: number, rate: Rate): string {
  const perSecond = rate.perSecond();
  if (perSecond === null || perSecond <= 0) return "";
  return `  ${formatBytes(perSecond)}/s  ${formatDuration((left / perSecond) * 1000)} left`;
}
