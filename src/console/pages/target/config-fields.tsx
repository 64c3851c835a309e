import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import type { FieldErrors } from "../../components/field-errors.ts";
import { LinesField, MoreFields } from "../../components/form-fields.tsx";
import type { ConfigForm } from "./config.ts";
import type { ConfigField, Kind } from "./kinds.ts";

interface ConfigFieldsProps {
  readonly kind: Kind;
  readonly form: ConfigForm;
  readonly onChange: (changed: ConfigForm) => void;
  readonly errors: FieldErrors;
}

/** What a kind needs beside its address and secret. */
export function ConfigFields({ kind, form, onChange, errors }: ConfigFieldsProps) {
  const control = (field: ConfigField) => (
    <ConfigControl
      key={field.path}
      field={field}
      value={form[field.path] ?? ""}
      onChange={(value) => onChange({ [field.path]: value })}
      error={errors.at(`config.${field.path}`)}
    />
  );
  return kind.config.map(({ title, fields }) => {
    if (title === null) return fields.map(control);
    const isUsed = fields.some(
      ({ path, kind: typed, isOn = false }) =>
        errors.at(`config.${path}`) !== undefined || form[path] !== (typed === "check" ? isOn : ""),
    );
    return (
      <MoreFields key={title} summary={title} isOpen={isUsed}>
        {fields.map(control)}
      </MoreFields>
    );
  });
}

interface ConfigControlProps {
  readonly field: ConfigField;
  readonly value: string | boolean;
  readonly onChange: (value: string | boolean) => void;
  readonly error: string | undefined;
}

function ConfigControl({ field, value, onChange, error }: ConfigControlProps) {
  const { label, hint, placeholder, kind, choices = [], isRequired = false } = field;
  if (typeof value === "boolean") {
    return <CheckField label={label} hint={hint} error={error} isChecked={value} onChange={onChange} />;
  }
  const shared = { label, hint, error, value };
  if (kind === "choice") {
    return (
      <SelectField {...shared} choices={Object.fromEntries(choices.map((name) => [name, name]))} onChange={onChange} />
    );
  }
  if (kind === "text") {
    return (
      <TextField
        {...shared}
        placeholder={placeholder}
        required={isRequired}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return <LinesField {...shared} placeholder={placeholder} onChange={onChange} />;
}
