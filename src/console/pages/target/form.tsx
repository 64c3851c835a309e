import { type SubmitEvent, useState } from "react";
import type { Target } from "../../../contract/operations.ts";
import { useTargetTypes } from "../../api/target-types.ts";
import { Button } from "../../components/button.tsx";
import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import { type FieldErrors, fieldErrors } from "../../components/field-errors.ts";
import { NameField } from "../../components/form-fields.tsx";
import { Failure } from "../../components/notice.tsx";
import { ConfigFields } from "./config-fields.tsx";
import { type ConfigForm, configForm, configOf, fieldsOf } from "./config.ts";
import { type TypeForm, typeFormOf } from "./type-form.ts";

/** A target as entered in the form; undefined fields were left as they are. */
interface TargetInput {
  readonly name: string;
  readonly type: string;
  readonly url: string | undefined;
  readonly secret: string | null | undefined;
  readonly config: Record<string, unknown> | undefined;
  readonly deploys: boolean | undefined;
}

interface TargetFormProps {
  /** Null for a new target. */
  readonly target: Target | null;
  readonly action: string;
  readonly onSave: (input: TargetInput) => void;
  readonly isSaving: boolean;
  readonly failure: Error | null;
}

const DEPLOYS = {
  yes: "Deploys what it receives",
  no: "Only notifies, like a chat",
} as const;

export function TargetForm({ target, action, onSave, isSaving, failure }: TargetFormProps) {
  const types = useTargetTypes();
  const [name, setName] = useState(target?.name ?? "");
  const [type, setType] = useState(target?.type ?? types[0]?.name ?? "");
  const kind = typeFormOf(types, type);
  const [url, setUrl] = useState(shownAddress(target));
  const [secret, setSecret] = useState("");
  const [hasNoSecret, setNoSecret] = useState(false);
  const [deploys, setDeploys] = useState<keyof typeof DEPLOYS>(target?.deploys === false ? "no" : "yes");
  const [config, setConfig] = useState(() => configForm(kind, target?.config));
  const changeType = (chosen: string): void => {
    setType(chosen);
    setConfig(configForm(typeFormOf(types, chosen), null));
    setSecret("");
  };
  const errors = fieldErrors(failure, pathsOf(kind));
  const isMoved = target !== null && url !== shownAddress(target);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSave({
      name,
      type,
      url: (target !== null && !isMoved) || url.trim() === "" ? undefined : url.trim(),
      secret: hasNoSecret ? null : secret || undefined,
      config: kind.isKnown ? configOf(kind, config) : undefined,
      deploys: kind.isFollowed ? undefined : deploys === "yes",
    });
  };
  return (
    <form className="form card narrow" onSubmit={submit} aria-label="Target">
      <NameField value={name} onChange={setName} error={errors.at("name")} />
      {target === null && (
        <SelectField
          label="Kind"
          hint={kind.summary}
          value={type}
          choices={Object.fromEntries(types.map((one) => [one.name, typeFormOf(types, one.name).title]))}
          onChange={changeType}
          error={errors.at("type")}
        />
      )}
      <TextField
        label="Address"
        type="url"
        required={kind.address.isRequired && target === null}
        placeholder={isHidden(target) ? `${target?.url ?? ""} (leave empty to keep it)` : kind.address.placeholder}
        hint={isMoved ? movedHint(kind, target) : kind.address.hint}
        autoComplete="off"
        spellCheck={false}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        error={errors.at("url")}
      />
      <SecretFields
        kind={kind}
        target={target}
        isMoved={isMoved}
        secret={secret}
        onSecret={setSecret}
        hasNone={hasNoSecret}
        onNone={setNoSecret}
        errors={errors}
      />
      <ConfigFields
        type={kind}
        form={config}
        onChange={(changed: ConfigForm) => setConfig((now) => ({ ...now, ...changed }))}
        errors={errors}
      />
      {!kind.isFollowed && (
        <SelectField
          label="Purpose"
          hint="Retention keeps what each deploying target received last of a repository. A target that only notifies keeps nothing, and hears of each push, also of older versions."
          value={deploys}
          choices={DEPLOYS}
          onChange={setDeploys}
          error={errors.at("deploys")}
        />
      )}
      {errors.elsewhere && <Failure error={errors.elsewhere} />}
      <div className="actions">
        <Button type="submit" look="primary" isBusy={isSaving}>
          {action}
        </Button>
      </div>
    </form>
  );
}

function pathsOf(kind: TypeForm): readonly string[] {
  return ["name", "type", "url", "secret", "deploys", ...fieldsOf(kind).map(({ path }) => `config.${path}`)];
}

/** The address for the field; empty if the address is a secret, since the API does not return it. */
function shownAddress(target: Target | null): string {
  return target === null || isHidden(target) ? "" : target.url;
}

function isHidden(target: Target | null): boolean {
  return target?.url.endsWith("/…") ?? false;
}

function movedHint(kind: TypeForm, target: Target): string {
  if (kind.makesSecret) return "A new address needs a new secret. It is created when you save, and shown once.";
  return target.hasSecret
    ? "The stored secret is never sent to a new address. Enter it again below."
    : kind.address.hint;
}

interface SecretFieldsProps {
  readonly kind: TypeForm;
  readonly target: Target | null;
  readonly isMoved: boolean;
  readonly secret: string;
  readonly onSecret: (secret: string) => void;
  readonly hasNone: boolean;
  readonly onNone: (hasNone: boolean) => void;
  readonly errors: FieldErrors;
}

function SecretFields({ kind, target, isMoved, secret, onSecret, hasNone, onNone, errors }: SecretFieldsProps) {
  if (kind.secret === null) return null;
  const { label, hint, isRequired } = kind.secret;
  const has = target?.hasSecret ?? false;
  return (
    <>
      <TextField
        label={label}
        type="password"
        autoComplete="off"
        required={isRequired && (target === null || isMoved)}
        disabled={hasNone}
        placeholder={has && !isMoved ? "unchanged" : undefined}
        hint={`${hint} It is not shown again.`.trim()}
        value={secret}
        onChange={(event) => onSecret(event.target.value)}
        error={errors.at("secret")}
      />
      {has && !isRequired && <CheckField label="Remove the secret" isChecked={hasNone} onChange={onNone} />}
    </>
  );
}
