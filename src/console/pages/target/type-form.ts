/** The form of a target, drawn from the registry's description of its type. */
import type { TargetType } from "../../../contract/operations.ts";
import { type Setting, settingsOf } from "../../../contract/settings.ts";
import { shownValue } from "./setting-values.ts";

export interface ConfigField extends Pick<Setting, "path" | "kind" | "choices" | "isRequired"> {
  readonly label: string;
  readonly hint: string | undefined;
  readonly placeholder: string | undefined;
  /** The field's initial value in the form. */
  readonly initial: string | boolean;
}

interface ConfigPart {
  /** Null for the part that is always shown. */
  readonly title: string | null;
  readonly fields: readonly ConfigField[];
}

export interface SecretField {
  readonly label: string;
  readonly hint: string;
  readonly isRequired: boolean;
}

export interface TypeForm {
  readonly title: string;
  readonly summary: string;
  readonly address: { readonly hint: string; readonly placeholder: string; readonly isRequired: boolean };
  /** Null if nobody enters a secret. */
  readonly secret: SecretField | null;
  /** True if the registry makes the secret. */
  readonly makesSecret: boolean;
  readonly config: readonly ConfigPart[];
  /** True if a target of this type is followed to its end. It deploys then, so the form does not ask. */
  readonly isFollowed: boolean;
  /** False if the page does not know the type: it shows no settings then, and saves none. */
  readonly isKnown: boolean;
}

const UNKNOWN: TypeForm = {
  title: "Other",
  summary: "This page does not know the type. Use the API to change its settings.",
  address: { hint: "", placeholder: "https://receiver.example.com/hook", isRequired: true },
  secret: { label: "Secret", hint: "", isRequired: false },
  makesSecret: false,
  config: [],
  isFollowed: false,
  isKnown: false,
};

/** Returns the form for a type, by its name. */
export function typeFormOf(types: readonly TargetType[], name: string): TypeForm {
  const type = types.find((one) => one.name === name);
  return type === undefined ? UNKNOWN : typeForm(type);
}

function typeForm({ title, description, settings, address, secret, makesSecret, followed }: TargetType): TypeForm {
  return {
    title: typographic(title),
    summary: typographic(description),
    address: { hint: typographic(address.description), placeholder: address.example, isRequired: address.required },
    secret: secret && {
      label: typographic(secret.title),
      hint: typographic(secret.description),
      isRequired: secret.required,
    },
    makesSecret,
    config: partsOf(settingsOf(settings)),
    isFollowed: followed,
    isKnown: true,
  };
}

/** Groups settings into sections, in the order in which they first appear, after those without a section. */
function partsOf(settings: readonly Setting[]): readonly ConfigPart[] {
  const titles = new Set([null, ...settings.map(({ section }) => section)]);
  return Array.from(titles, (title) => ({
    title: title === null ? null : typographic(title),
    fields: settings.filter(({ section }) => section === title).map(configField),
  }));
}

function configField({ title, description, example, default: usual, ...setting }: Setting): ConfigField {
  const { path, kind, choices, isRequired } = setting;
  const shown = shownValue(kind, example ?? usual);
  return {
    path,
    kind,
    choices,
    isRequired,
    label: typographic(title),
    hint: [typographic(description), ...HOW_TO_TYPE[kind]].filter(Boolean).join(" ") || undefined,
    placeholder: shown || undefined,
    initial: initialOf(setting, usual),
  };
}

/** Hints on how to fill in a field, by its kind, in addition to its description. */
const HOW_TO_TYPE: Readonly<Record<Setting["kind"], readonly string[]>> = {
  text: [],
  number: [],
  choice: [],
  check: [],
  part: [],
  lines: ["One a line."],
  pairs: ["name=value, one a line."],
  json: ["As JSON."],
};

function initialOf({ kind, choices }: Pick<Setting, "kind" | "choices">, usual: unknown): string | boolean {
  if (kind === "part") return true;
  if (kind === "check") return usual === true;
  if (kind === "choice") return typeof usual === "string" ? usual : (choices[0] ?? "");
  return "";
}

/** Replaces a keyboard's apostrophes and quotation marks by those of print. */
function typographic(text: string): string {
  return text.replaceAll(/"([^"]*)"/g, "“$1”").replaceAll("'", "’");
}
