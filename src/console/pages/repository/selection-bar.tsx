import { Button } from "../../components/button.tsx";
import { Link } from "@tanstack/react-router";
import { count } from "../../parts/repository-head.tsx";
import type { Tag } from "../../../contract/operations.ts";

/** The most tags that the API takes in one request. */
const MOST = 1000;

interface SelectionBarProps {
  readonly space: string;
  readonly repository: string;
  readonly chosen: readonly Tag[];
  readonly onClear: () => void;
  /** Asks to delete the selected tags; null if the user may not. */
  readonly onDelete: (() => void) | null;
}

/** Shows the actions on the selected tags. */
export function SelectionBar({ space, repository, chosen, onClear, onDelete }: SelectionBarProps) {
  // The tag that was pushed first is the one to compare the other with.
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
