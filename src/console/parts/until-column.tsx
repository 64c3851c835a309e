import type { Column } from "../components/data-table.tsx";
import { Time } from "../components/time.tsx";

/** Returns a column that tells until when deleted content can be restored. */
export function untilColumn<T extends { readonly until: string }>(): Column<T> {
  return {
    id: "until",
    title: "Can be restored until",
    align: "end",
    isSecondary: true,
    cell: ({ until }) => (
      <>
        ends <Time at={until} />
      </>
    ),
  };
}
