import { type SubmitEvent, useState } from "react";
import { useChange } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { sentence } from "../../components/notice.tsx";
import { toast } from "../../components/toasts.tsx";
import type { Repository, Space } from "../../../contract/operations.ts";

interface SettingsFormProps {
  readonly space: Space;
  readonly repository: Repository;
}

export function SettingsForm({ space, repository }: SettingsFormProps) {
  const [isPublic, setPublic] = useState(repository.public);
  const [isInherited, setInherited] = useState(repository.immutableTags === null);
  const [patterns, setPatterns] = useState((repository.immutableTags ?? space.immutableTags).join(", "));
  const save = useChange("updateRepository", ["getRepository", "listRepositories", "listRepositoryTags"]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const body = { public: isPublic, immutableTags: isInherited ? null : patternsOf(patterns) };
    save.mutate(
      { path: { space: space.name, name: repository.name }, body },
      { onSuccess: () => toast("Settings saved") },
    );
  };
  const inherited = space.immutableTags.length === 0 ? "none" : space.immutableTags.join(", ");
  return (
    <form className="card form" onSubmit={submit}>
      <h2>Settings</h2>
      <label>
        <input
          type="checkbox"
          checked={isPublic || space.public}
          disabled={space.public}
          onChange={(event) => setPublic(event.target.checked)}
        />{" "}
        Anyone may pull without logging in
        {space.public && <span className="hint"> (since the whole space is public)</span>}
      </label>
      <fieldset className="settings-choice">
        <legend>Immutable tags: nobody can move or delete them</legend>
        <label>
          <input type="radio" name="immutable" checked={isInherited} onChange={() => setInherited(true)} /> Same as the
          space: {inherited}
        </label>
        <label>
          <input type="radio" name="immutable" checked={!isInherited} onChange={() => setInherited(false)} /> Its own
        </label>
        {!isInherited && (
          <TextField
            label="Patterns"
            value={patterns}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setPatterns(event.target.value)}
            hint={
              <>
                Separated by commas, for example <code>v*, !*-rc*</code>. * stands for any characters; a leading !
                excludes. Left empty, no tag is immutable.
              </>
            }
            error={save.error === null ? undefined : sentence(save.error.message)}
          />
        )}
      </fieldset>
      {isInherited && save.error && (
        <p role="alert" className="field-error">
          {sentence(save.error.message)}
        </p>
      )}
      <div>
        <Button type="submit" look="primary" isBusy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

function patternsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((pattern) => pattern !== "");
}
