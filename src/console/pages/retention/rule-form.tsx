import { type SubmitEvent, useState } from "react";
import { Button, LinkButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { CheckField, TextArea, TextField } from "../../components/field.tsx";
import { Fieldset, NameField } from "../../components/form-fields.tsx";
import { PatternsField, patternsIn } from "../../parts/patterns-field.tsx";
import { type Keep, keepOf, keepsNothing, type RuleDraft } from "./keep.ts";
import { Preview, type PreviewedRule } from "./preview.tsx";

/** The rule to save. */
interface RuleInput {
  readonly name: string;
  readonly repositories: string[];
  readonly keep: Keep;
  readonly enabled: boolean;
  readonly confirm: boolean;
}

interface RuleFormProps {
  readonly space: string;
  readonly initial: RuleDraft;
  /** The id of the rule to change; absent for a new one. */
  readonly replaces?: string;
  readonly onSave: (rule: RuleInput) => Promise<unknown>;
}

const NUMBERS = [
  {
    field: "newest",
    label: "Newest tags in each repository",
    max: 1000,
    hint: "The number of most recently pushed tags to keep.",
  },
  { field: "newerThanDays", label: "Pushed within (days)", max: 3650, hint: undefined },
  { field: "pulledWithinDays", label: "Pulled within (days)", max: 3650, hint: "A push counts as a pull." },
] as const;

/** A form for a rule: its conditions for keeping tags, a preview of deletions, and the button that saves. */
export function RuleForm({ space, initial, replaces, onSave }: RuleFormProps) {
  const [draft, setDraft] = useState(initial);
  const [previewed, setPreviewed] = useState<PreviewedRule | null>(null);
  const [isAsking, setAsking] = useState(false);
  const set = (changes: Partial<RuleDraft>): void => {
    setDraft({ ...draft, ...changes });
    setPreviewed(null);
  };
  const keep = keepOf(draft);
  const repositories = patternsIn(draft.repositories);
  const rule: PreviewedRule = {
    repositories,
    keep,
    enabled: draft.enabled,
    ...(replaces !== undefined && { replaces }),
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setAsking(true);
  };
  return (
    <form className="card form narrow" onSubmit={submit}>
      <NameField value={draft.name} onChange={(name) => set({ name })} />
      <PatternsField space={space} value={draft.repositories} onChange={(text) => set({ repositories: text })} />
      <Fieldset legend="Keep" hint="A tag is kept if any of these applies. Empty lines do not count.">
        {NUMBERS.map(({ field, label, max, hint }) => (
          <TextField
            key={field}
            label={label}
            type="number"
            min={0}
            max={max}
            hint={hint}
            value={draft[field]}
            onChange={({ target }) => set({ [field]: target.value })}
          />
        ))}
        <TextArea
          label="Tags by pattern"
          rows={2}
          spellCheck={false}
          placeholder="v*"
          value={draft.tags}
          onChange={({ target }) => set({ tags: target.value })}
          hint="One pattern a line. * stands for any characters, ? for one; a leading ! excludes, as in !*-rc*."
        />
        <TextField
          label="Previously deployed digests to keep for each target and repository"
          type="number"
          min={0}
          max={100}
          value={draft.previouslyDeployed}
          onChange={({ target }) => set({ previouslyDeployed: target.value })}
          hint="So many beside the one that is deployed, which stays in any case; so do immutable tags, and what was pushed today."
        />
      </Fieldset>
      <CheckField label="Enabled" isChecked={draft.enabled} onChange={(enabled) => set({ enabled })} />
      {previewed && <Preview space={space} rule={previewed} />}
      <div className="actions">
        <Button onClick={() => setPreviewed(rule)}>Preview</Button>
        <Button type="submit" look="primary">
          Save rule
        </Button>
        <LinkButton to="/spaces/$space/retention" params={{ space }}>
          Cancel
        </LinkButton>
      </div>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="Save the rule?"
        action="Save"
        onConfirm={() => onSave({ name: draft.name, repositories, keep, enabled: draft.enabled, confirm: true })}
      >
        {isAsking && <Consequences space={space} rule={rule} keep={keep} isOn={draft.enabled} />}
      </Confirm>
    </form>
  );
}

interface ConsequencesProps {
  readonly space: string;
  readonly rule: PreviewedRule;
  readonly keep: Keep;
  readonly isOn: boolean;
}

function Consequences({ space, rule, keep, isOn }: ConsequencesProps) {
  if (!isOn) return <p>The rule is disabled, so it deletes nothing.</p>;
  return (
    <div className="section">
      {keepsNothing(keep) && (
        <p>
          <strong>This rule keeps nothing:</strong> it deletes every tag that it covers, except immutable tags and what
          is deployed.
        </p>
      )}
      <Preview space={space} rule={rule} />
      <p className="hint">Tags go within six hours, manifests a day later. A deletion can be undone for some days.</p>
    </div>
  );
}
