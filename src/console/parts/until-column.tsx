import type { Column } from "../components/data-table.tsx";
import { Time } from "../components/time.tsx";

/** Until when something that was deleted can be brought back. */
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
