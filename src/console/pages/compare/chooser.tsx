import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { useList } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import type { Place } from "../manifest/place.ts";

interface ChooserProps extends Place {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The most tags to suggest; any other can be typed. */
const SUGGESTED = 500;

export function Chooser({ from = "", to = "", space, repository }: ChooserProps) {
  const navigate = useNavigate({ from: "/spaces/$space/repositories/$repository/compare" });
  const tags = useList("listRepositoryTags", { path: { space, name: repository }, query: { limit: SUGGESTED } });
  const [wanted, setWanted] = useState({ from, to });
  const list = useId();
  const go = (search: { readonly from: string; readonly to: string }): void => {
    void navigate({
      // The platform stays, since the reader often wants the same one of another pair.
      search: (known) => ({ ...known, from: search.from.trim() || undefined, to: search.to.trim() || undefined }),
    });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    go(wanted);
  };
  return (
    <form className="chooser" onSubmit={submit}>
      <datalist id={list}>
        {tags.items.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      <TextField
        label="From"
        list={list}
        value={wanted.from}
        onChange={(event) => setWanted({ ...wanted, from: event.target.value })}
        autoComplete="off"
        spellCheck={false}
        required
      />
      <Button onClick={() => go({ from: wanted.to, to: wanted.from })} aria-label="Swap" title="Swap">
        ⇄
      </Button>
      <TextField
        label="To"
        list={list}
        value={wanted.to}
        onChange={(event) => setWanted({ ...wanted, to: event.target.value })}
        autoComplete="off"
        spellCheck={false}
        required
      />
      <Button look="primary" type="submit">
        Compare
      </Button>
    </form>
  );
}
