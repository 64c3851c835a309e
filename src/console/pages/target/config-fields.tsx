import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import type { FieldErrors } from "../../components/field-errors.ts";
import { LinesField, MoreFields } from "../../components/form-fields.tsx";
import type { ConfigForm } from "./config.ts";
import type { ConfigField, TypeForm } from "./type-form.ts";

interface ConfigFieldsProps {
  readonly type: TypeForm;
  readonly form: ConfigForm;
  readonly onChange: (changed: ConfigForm) => void;
  readonly errors: FieldErrors;
}

/** The settings of a type besides its address and secret. */
export function ConfigFields({ type, form, onChange, errors }: ConfigFieldsProps) {
  const control = (field: ConfigField) => (
    <ConfigControl
      key={field.path}
      field={field}
      value={form[field.path] ?? ""}
      onChange={(value) => onChange({ [field.path]: value })}
      error={errors.at(`config.${field.path}`)}
    />
  );
  return type.config.map(({ title, fields }) => {
    if (title === null) return fields.map(control);
    const isUsed = fields.some(
      ({ path, initial }) => errors.at(`config.${path}`) !== undefined || form[path] !== initial,
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
  const { label, hint, placeholder, kind, choices, isRequired } = field;
  if (typeof value === "boolean") {
    return <CheckField label={label} hint={hint} error={error} isChecked={value} onChange={onChange} />;
  }
  const shared = { label, hint, error, value };
  if (kind === "choice") {
    return (
      <SelectField {...shared} choices={Object.fromEntries(choices.map((name) => [name, name]))} onChange={onChange} />
    );
  }
  if (kind === "text" || kind === "number") {
    return (
      <TextField
        {...shared}
        inputMode={kind === "number" ? "decimal" : "text"}
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
