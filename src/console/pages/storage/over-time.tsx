import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { formatBytes } from "../../../oci/size.ts";
import { operationQuery } from "../../api/queries.ts";
import { type ChartPoint, LineChart } from "../../components/line-chart.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { useNow } from "../../components/time.tsx";
import { RANGES } from "./ranges.ts";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

const DAY_LENGTH = 86_400_000;

/** Draws the bytes that a space stored, day by day, until now. */
export function OverTime({ space }: { readonly space: string }) {
  const { days = RANGES[0] } = useSearch({ from: "/signed-in/spaces/$space/storage" });
  const history = useQuery(operationQuery("getStorageHistory", { path: { space }, query: { limit: days } }));
  const now = useQuery(operationQuery("getSpace", { path: { space } }));
  const present = useNow().getTime();
  const points = pointsOf(history.data?.items ?? [], days, present, now.data?.usage.bytes);
  return (
    <section className="card section" aria-label="Over time">
      <div className="section-head">
        <h2>Over time</h2>
        <nav className="actions" aria-label="How far back">
          {RANGES.map((range) => (
            <Link
              key={range}
              to="/spaces/$space/storage"
              params={{ space }}
              search={{ days: range }}
              replace
              resetScroll={false}
              aria-current={range === days ? "true" : undefined}
              className="badge"
            >
              {range} days
            </Link>
          ))}
        </nav>
      </div>
      {history.error && <Failure error={history.error} onRetry={() => void history.refetch()} />}
      {history.isPending && <Loading what="the figures" />}
      {history.data && points.length < 2 && (
        <p className="muted">The figures are noted once a day: the line begins tomorrow.</p>
      )}
      {points.length >= 2 && (
        <>
          <LineChart
            label={`Stored bytes: ${told(points[0])}, ${told(points.at(-1))}`}
            points={points}
            formatValue={formatBytes}
            formatTime={(at) => DAY.format(at)}
          />
          <Figures points={points} />
        </>
      )}
    </section>
  );
}

function told(point: ChartPoint | undefined): string {
  return point === undefined ? "" : `${formatBytes(point.value)} on ${DAY.format(point.at)}`;
}

/** Returns points in the order of time; the last is now. */
function pointsOf(
  items: readonly { readonly day: string; readonly bytes: number }[],
  days: number,
  now: number,
  bytes: number | undefined,
): readonly ChartPoint[] {
  const past = items.map(({ day, bytes: value }) => ({ at: Date.parse(day), value })).toReversed();
  const within = past.filter(({ at }) => at > now - days * DAY_LENGTH && at < now);
  return bytes === undefined ? within : [...within, { at: now, value: bytes }];
}

/** Lists the chart's figures in a table, for readers of text. */
function Figures({ points }: { readonly points: readonly ChartPoint[] }) {
  return (
    <details>
      <summary>The figures</summary>
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col" className="align-end">
              Stored
            </th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ at, value }) => (
            <tr key={at}>
              <td>{DAY.format(at)}</td>
              <td className="align-end">{formatBytes(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
