import { type ComponentPropsWithRef, type ReactNode, useId } from "react";

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what is in it. */
  readonly error?: string | undefined;
}

/** What makes an element a field's, for those who hear the page. */
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

/** Several lines. */
export function TextArea({ label, hint, error, ...props }: ComponentPropsWithRef<"textarea"> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(described) => <textarea {...props} {...described} />}
    </Field>
  );
}

interface SelectFieldProps<T extends string> extends FieldProps {
  readonly value: T;
  /** Each with what it is called. */
  readonly choices: Readonly<Record<T, string>>;
  readonly onChange: (value: T) => void;
}

/** One of a few. */
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

/** A control with its label, what it is for, and what is wrong with it. */
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

/** Yes or no. */
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

/** What stands below a control, where {@link useDescribed} says that it does. */
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

/** Narrows what is shown below it. */
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
