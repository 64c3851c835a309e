import type { List } from "../api/queries.ts";
import { Button } from "./button.tsx";

/** The button below a list that has more pages. */
export function LoadMore({ list }: { readonly list: List<unknown> }) {
  if (!list.hasMore) return null;
  return (
    <p className="load-more">
      <Button onClick={list.loadMore} isBusy={list.isLoadingMore}>
        Show more
      </Button>
    </p>
  );
}
