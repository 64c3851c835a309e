interface Choice {
  readonly value: string;
  readonly label: string;
}

interface FilterProps {
  readonly label: string;
  /** The chosen value; undefined for no filter. */
  readonly value: string | undefined;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string | undefined) => void;
}

/** Narrows a list by one of its properties. A value that is not among the choices is kept. */
export function Filter({ label, value, choices, onChange }: FilterProps) {
  const isUnknown = value !== undefined && !choices.some((choice) => choice.value === value);
  return (
    <label className="filter">
      {label}
      <select value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">any</option>
        {isUnknown && <option value={value}>{value}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}
