import { type SubmitEvent, useState } from "react";
import type { Space } from "../../../contract/operations.ts";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { CheckField } from "../../components/field.tsx";
import { fieldErrors } from "../../components/field-errors.ts";
import { LinesField } from "../../components/form-fields.tsx";
import { linesOf } from "../../components/lines.ts";
import { Failure } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";

/** The fields that were changed here. The others show the registry's values, and are left out of the request. */
interface Draft {
  readonly public?: boolean;
  readonly immutableTags?: string;
  readonly namespaces?: string;
}

const UNCHANGED: Draft = {};

export function SettingsForm({ space }: { readonly space: Space }) {
  const [draft, setDraft] = useState(UNCHANGED);
  const save = useChange("updateSpace", ["getSpace", "listSpaces", "listRepositories", "listRepositoryTags"]);
  const errors = fieldErrors(save.error, ["public", "immutableTags", "namespaces"]);
  const change = (changed: Draft): void => setDraft((now) => ({ ...now, ...changed }));
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    save.mutate(
      { path: { space: space.name }, body: changesOf(draft) },
      {
        onSuccess: () => {
          toast("Settings saved");
          // Text that was typed during saving stays.
          setDraft((now) => (now === draft ? UNCHANGED : now));
        },
      },
    );
  };
  return (
    <form className="card form narrow" onSubmit={submit} aria-label={`Settings of ${space.name}`}>
      <CheckField
        label="Anyone may pull without logging in"
        hint="From all repositories of the space. If this is off, each repository’s own settings say if it is public."
        isChecked={draft.public ?? space.public}
        onChange={(isPublic) => change({ public: isPublic })}
        error={errors.at("public")}
      />
      <LinesField
        label="Immutable tags"
        hint="Nobody can move or delete these tags, unless a repository has patterns of its own. One pattern a line: * matches any characters, ? any one; a leading ! excludes. Empty: no tags."
        placeholder={"v*\n!*-rc*"}
        value={draft.immutableTags ?? space.immutableTags.join("\n")}
        onChange={(immutableTags) => change({ immutableTags })}
        error={errors.at("immutableTags")}
      />
      <LinesField
        label="Registries that the space stands for"
        hint="One host a line. A container engine that uses this registry as a mirror of these gets the space’s own repositories. When it asks for another registry, it gets 404 and goes on to that one."
        placeholder="docker.io"
        value={draft.namespaces ?? (space.namespaces ?? []).join("\n")}
        onChange={(namespaces) => change({ namespaces })}
        error={errors.at("namespaces")}
      />
      {errors.elsewhere && <Failure error={errors.elsewhere} />}
      <div className="actions">
        <Button type="submit" look="primary" isBusy={save.isPending} disabled={draft === UNCHANGED}>
          Save
        </Button>
      </div>
    </form>
  );
}

function changesOf({ immutableTags, namespaces, ...others }: Draft) {
  return {
    ...others,
    ...(immutableTags !== undefined && { immutableTags: linesOf(immutableTags) }),
    ...(namespaces !== undefined && { namespaces: linesOf(namespaces) }),
  };
}
