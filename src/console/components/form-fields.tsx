import type { ComponentProps, ReactNode } from "react";
import { TextArea, TextField } from "./field.tsx";
import "./form-fields.css";

type NameFieldProps = Omit<ComponentProps<typeof TextField>, "label" | "value" | "onChange"> & {
  readonly value: string;
  readonly onChange: (value: string) => void;
};

/** A field for the name that its maker gives to something. */
export function NameField({ onChange, ...props }: NameFieldProps) {
  return (
    <TextField
      {...props}
      label="Name"
      required
      maxLength={100}
      autoComplete="off"
      onChange={({ target }) => onChange(target.value)}
    />
  );
}

interface LinesFieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A field for several values, one a line. It grows with them. */
export function LinesField({ value, onChange, ...props }: LinesFieldProps) {
  return (
    <TextArea
      {...props}
      rows={Math.min(8, Math.max(2, value.split("\n").length))}
      spellCheck={false}
      value={value}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}

interface FieldsetProps {
  readonly legend: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly children: ReactNode;
}

/** Groups fields that belong together. */
export function Fieldset({ legend, hint, error, children }: FieldsetProps) {
  return (
    <fieldset className="fieldset">
      <legend>{legend}</legend>
      {hint !== undefined && <p className="hint">{hint}</p>}
      {children}
      {error !== undefined && (
        <p role="alert" className="field-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** Hides fields that few people need, until they are used. */
export function MoreFields({
  summary,
  isOpen,
  children,
}: {
  readonly summary: string;
  readonly isOpen: boolean;
  readonly children: ReactNode;
}) {
  return (
    <details className="more-fields" open={isOpen}>
      <summary>{summary}</summary>
      <div className="form">{children}</div>
    </details>
  );
}
