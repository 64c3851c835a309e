import { Link } from "@tanstack/react-router";
import { type SubmitEvent, useMemo, useState } from "react";
import type { Target, Trigger } from "../../../contract/operations.ts";
import { fieldProblemsOf } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { useDeployment } from "../../parts/deployment.tsx";
import { CheckField } from "../../components/field.tsx";
import { fieldErrors } from "../../components/field-errors.ts";
import { Fieldset, NameField } from "../../components/form-fields.tsx";
import { Failure } from "../../components/notice.tsx";
import { Preview, usePreview } from "./preview.tsx";
import { RuleFields } from "./rule-fields.tsx";
import { formOf, RULE_PATHS, type Rules, type RulesForm, rulesOf } from "./rules.ts";
import "./trigger.css";

/** A trigger as the form states it. */
interface TriggerInput extends Rules {
  readonly name: string;
  readonly targets: string[];
}

interface TriggerFormProps {
  readonly space: string;
  /** The trigger to change; null for a new one. */
  readonly trigger: Trigger | null;
  readonly action: string;
  readonly onSave: (input: TriggerInput) => void;
  readonly isSaving: boolean;
  /** The error of the last attempt to save. */
  readonly failure: Error | null;
}

const PATHS = ["name", "targets", ...RULE_PATHS];

/** A form for a trigger's name, targets and rules, beside their decisions on the latest pushes. */
export function TriggerForm({ space, trigger, action, onSave, isSaving, failure }: TriggerFormProps) {
  const [name, setName] = useState(trigger?.name ?? "");
  const [targets, setTargets] = useState<ReadonlySet<string>>(new Set(trigger?.targets));
  const [form, setForm] = useState(() => formOf(trigger));
  const change = (changed: Partial<RulesForm>): void => setForm((now) => ({ ...now, ...changed }));
  const rules = useMemo(() => rulesOf(form), [form]);
  const preview = usePreview(space, rules);
  // The preview learns of changes first, so a problem of the last attempt to save may be fixed by now.
  const isMended = fieldProblemsOf(failure).length > 0 && preview.error === null && failureIsOfRules(failure);
  const errors = fieldErrors(preview.error ?? (isMended ? null : failure), PATHS);
  const { items: known, isPending, hasMore } = useDeployment(space).targets;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    // Targets that have been deleted meanwhile are left out, once all existing ones are known.
    const kept = isPending || hasMore ? targets : targets.intersection(new Set(known.map(({ id }) => id)));
    onSave({ ...rules, name, targets: [...kept] });
  };
  return (
    <div className="with-preview">
      <form className="form card" onSubmit={submit} aria-label="Trigger">
        <NameField placeholder="releases" value={name} onChange={setName} error={errors.at("name")} />
        <TargetChoice
          space={space}
          known={isPending ? null : known}
          chosen={targets}
          onChange={setTargets}
          error={errors.at("targets")}
        />
        <RuleFields form={form} onChange={change} errors={errors} />
        {failure && errors.elsewhere && <Failure error={errors.elsewhere} />}
        <div className="actions">
          <Button type="submit" look="primary" isBusy={isSaving}>
            {action}
          </Button>
        </div>
      </form>
      <Preview space={space} preview={preview} />
    </div>
  );
}

function failureIsOfRules(failure: Error | null): boolean {
  return fieldProblemsOf(failure).every(({ path }) => path !== "name" && !path.startsWith("targets"));
}

interface TargetChoiceProps {
  readonly space: string;
  /** The space's targets; null while they load. */
  readonly known: readonly Target[] | null;
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
  readonly error: string | undefined;
}

function TargetChoice({ space, known, chosen, onChange, error }: TargetChoiceProps) {
  return (
    <Fieldset legend="Targets" hint="Each target gets its own delivery." error={error}>
      {known?.map(({ id, name, type, enabled }) => (
        <CheckField
          key={id}
          label={`${name} (${type}${enabled ? "" : ", disabled"})`}
          isChecked={chosen.has(id)}
          onChange={() => onChange(chosen.symmetricDifference(new Set([id])))}
        />
      ))}
      <p>
        {/* A new tab, so that the form keeps its content. */}
        <Link to="/spaces/$space/targets/new" params={{ space }} target="_blank">
          {known?.length === 0 ? "Create the first target" : "New target"} (in a new tab)
        </Link>
      </p>
    </Fieldset>
  );
}
