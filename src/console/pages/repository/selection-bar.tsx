import { Button } from "../../components/button.tsx";
import { Link } from "@tanstack/react-router";
import { count } from "../../parts/repository-head.tsx";
import type { Tag } from "../../../contract/operations.ts";

/** As many as the API takes at once. */
const MOST = 1000;

interface SelectionBarProps {
  readonly space: string;
  readonly repository: string;
  readonly chosen: readonly Tag[];
  readonly onClear: () => void;
  /** Null: whoever looks may not. */
  readonly onDelete: (() => void) | null;
}

/** What can be done with the tags that are selected. */
export function SelectionBar({ space, repository, chosen, onClear, onDelete }: SelectionBarProps) {
  // The one that was pushed first is what the other is compared with.
  const [from, to] = chosen.toSorted((left, right) => (left.updatedAt < right.updatedAt ? -1 : 1));
  const isPair = chosen.length === 2 && from !== undefined && to !== undefined;
  return (
    <section className="selection-bar" aria-label="Selection">
      <output>{count(chosen.length, "tag")} selected</output>
      {onDelete && (
        <Button look="danger" onClick={onDelete} disabled={chosen.length > MOST}>
          Delete …
        </Button>
      )}
      {isPair && (
        <Link
          to="/spaces/$space/repositories/$repository/compare"
          params={{ space, repository }}
          search={{ from: from.name, to: to.name }}
        >
          Compare {from.name} with {to.name}
        </Link>
      )}
      <Button look="quiet" onClick={onClear}>
        Clear
      </Button>
      {onDelete && chosen.length > MOST && (
        <span className="muted">At most {MOST.toLocaleString()} can be deleted at once.</span>
      )}
    </section>
  );
}
