import { useParams } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { useChange } from "../../api/queries.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import { Fieldset, NameField } from "../../components/form-fields.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { PatternsField, patternsIn } from "../../parts/patterns-field.tsx";
import { useNow } from "../../components/time.tsx";
import type { NewToken } from "../../../contract/operations.ts";
import { LIFETIMES, type Lifetime, secondsOf } from "./lifetimes.ts";
import { TokenSecret } from "./secret.tsx";

const ACTIONS = {
  pull: "Download images, and browse them in this console.",
  push: "Upload images and set tags. Clients check what is there before they push, so this includes pull.",
  delete: "Delete tags and manifests.",
  admin: "Manage the space with this console or the API: tokens, triggers, rules and settings.",
} as const;

type Action = keyof typeof ACTIONS;

const ALL_ACTIONS: readonly Action[] = ["pull", "push", "delete", "admin"];

/** Creates a token, and shows its secret once. */
export function NewTokenPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/tokens/new" });
  const [made, setMade] = useState<NewToken | null>(null);
  if (made !== null) return <TokenSecret space={space} token={made} />;
  return <NewTokenForm space={space} onMade={setMade} />;
}

function NewTokenForm({ space, onMade }: { readonly space: string; readonly onMade: (token: NewToken) => void }) {
  const [name, setName] = useState("");
  const [actions, setActions] = useState<ReadonlySet<Action>>(new Set(["pull"]));
  const [patterns, setPatterns] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("90 days");
  const [date, setDate] = useState("");
  const create = useChange("createToken", ["listTokens"]);
  const tomorrow = new Date(useNow().getTime() + 86_400_000).toISOString().slice(0, 10);
  const toggle = (action: Action): void => {
    const changed = actions.symmetricDifference(new Set([action]));
    if (action === "push" && changed.has("push")) changed.add("pull");
    setActions(changed);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const expiresIn = secondsOf(lifetime, date, Date.now());
    const body = {
      name,
      actions: ALL_ACTIONS.filter((action) => actions.has(action)),
      repositories: patternsIn(patterns),
      ...(expiresIn !== null && { expiresIn }),
    };
    create.mutate({ path: { space }, body }, { onSuccess: onMade });
  };
  return (
    <>
      <PageHead title="New token" />
      <form className="card form narrow" onSubmit={submit}>
        <NameField
          autoFocus
          value={name}
          onChange={setName}
          hint="Who or what uses the token, for example “Shop CI”. Pushes appear under this name."
        />
        <Fieldset legend="Actions">
          {ALL_ACTIONS.map((action) => (
            <CheckField
              key={action}
              label={action}
              hint={ACTIONS[action]}
              isChecked={actions.has(action)}
              onChange={() => toggle(action)}
            />
          ))}
        </Fieldset>
        <PatternsField space={space} value={patterns} onChange={setPatterns} />
        <SelectField
          label="Expires"
          value={lifetime}
          choices={LIFETIMES}
          onChange={setLifetime}
          hint={
            lifetime === "never"
              ? "A token that never expires works until someone revokes it, wherever it was copied."
              : undefined
          }
        />
        {lifetime === "date" && (
          <TextField
            label="On"
            type="date"
            required
            min={tomorrow}
            value={date}
            onChange={({ target }) => setDate(target.value)}
            hint="At the end of that day, in your time zone."
          />
        )}
        {create.error && <Failure error={create.error} />}
        <div className="actions">
          <Button type="submit" look="primary" isBusy={create.isPending} disabled={actions.size === 0}>
            Create token
          </Button>
          <LinkButton to="/spaces/$space/tokens" params={{ space }}>
            Cancel
          </LinkButton>
        </div>
      </form>
    </>
  );
}
