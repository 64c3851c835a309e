import { type ComponentPropsWithRef, type ReactNode, useId } from "react";

type TextFieldProps = ComponentPropsWithRef<"input"> & {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what is in it. */
  readonly error?: string | undefined;
};

export function TextField({ label, hint, error, ...props }: TextFieldProps) {
  const id = useId();
  const told = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...props} id={id} aria-invalid={error !== undefined} aria-describedby={told || undefined} />
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
    </div>
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
