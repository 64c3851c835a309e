import { type ComponentPropsWithRef, type ReactNode, useId } from "react";

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** The problem with the field's value. */
  readonly error?: string | undefined;
}

/** Attributes that tie a control to its label, hint and error, for screen readers. */
interface Described {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
}

export function TextField({ label, hint, error, ...props }: ComponentPropsWithRef<"input"> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(described) => <input {...props} {...described} />}
    </Field>
  );
}

/** A text field of several lines. */
export function TextArea({ label, hint, error, ...props }: ComponentPropsWithRef<"textarea"> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(described) => <textarea {...props} {...described} />}
    </Field>
  );
}

interface SelectFieldProps<T extends string> extends FieldProps {
  readonly value: T;
  /** The label of each choice. */
  readonly choices: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

/** A choice of one among a few. */
export function SelectField<T extends string>({ label, hint, error, value, choices, onChange }: SelectFieldProps<T>) {
  const ids = Object.keys(choices).filter((id): id is T => Object.hasOwn(choices, id));
  return (
    <Field label={label} hint={hint} error={error}>
      {(described) => (
        <select
          {...described}
          value={value}
          onChange={({ target }) => onChange(ids.find((id) => id === target.value) ?? value)}
        >
          {ids.map((id) => (
            <option key={id} value={id}>
              {choices[id]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A control with its label, its purpose, and the problem with its value. */
export function Field({
  label,
  hint,
  error,
  children,
}: FieldProps & { readonly children: (described: Described) => ReactNode }) {
  const described = useDescribed(hint, error);
  return (
    <div className="field">
      <label htmlFor={described.id}>{label}</label>
      {children(described)}
      <Told id={described.id} hint={hint} error={error} />
    </div>
  );
}

interface CheckFieldProps extends FieldProps {
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

/** A box to tick, for yes or no. */
export function CheckField({ label, hint, error, isChecked, onChange }: CheckFieldProps) {
  const described = useDescribed(hint, error);
  return (
    <div className="choice">
      <input {...described} type="checkbox" checked={isChecked} onChange={({ target }) => onChange(target.checked)} />
      <label htmlFor={described.id}>{label}</label>
      <Told id={described.id} hint={hint} error={error} />
    </div>
  );
}

function useDescribed(hint: ReactNode, error: string | undefined): Described {
  const id = useId();
  const told = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  return { id, "aria-invalid": error !== undefined, "aria-describedby": told || undefined };
}

/** The hint and the error below a control, under the ids that {@link useDescribed} refers to. */
function Told({ id, hint, error }: Pick<FieldProps, "hint" | "error"> & { readonly id: string }) {
  return (
    <>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="field-error">
          {error}
        </p>
      )}
    </>
  );
}

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A search field that narrows the list below it. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <input
      type="search"
      className="search-field"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      autoComplete="off"
      spellCheck={false}
    />
  );
}
