import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import { LinesField } from "../../components/form-fields.tsx";
import type { RuleFieldsProps } from "./rule-fields.tsx";
import { isOfVersions, TAG_TYPES } from "./rules.ts";

interface TagType {
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly placeholder: string;
}

const TYPES: Readonly<Record<(typeof TAG_TYPES)[number], TagType>> = {
  semver: {
    label: "versions within a range (semver)",
    value: "Range",
    hint: "npm ranges, such as ^1.2 or >=1.0 <2.0. Reads tags of one to four numbers, with or without a leading v.",
    placeholder: ">=1.0",
  },
  nuget: {
    label: "versions within a range (NuGet)",
    value: "Range",
    hint: "NuGet ranges, as in Octopus channels: [1.0,2.0) means from 1.0 up to, but not including, 2.0.",
    placeholder: "[1.0,2.0)",
  },
  regex: {
    label: "tags that match a regular expression",
    value: "Regular expression",
    hint: "Matches anywhere in the tag, unless it is anchored with ^ and $. No backreferences or lookaround.",
    placeholder: "^release-\\d+$",
  },
  glob: {
    label: "tags that match a pattern",
    value: "Pattern",
    hint: "* stands for any characters, ? for one.",
    placeholder: "release-*",
  },
  exact: { label: "one tag", value: "Tag", hint: "The full name.", placeholder: "latest" },
};

const CHOICES: Readonly<Record<string, string>> = {
  "": "any tag",
  ...Object.fromEntries(TAG_TYPES.map((type) => [type, TYPES[type].label])),
};

const PRERELEASE_CHOICES: Readonly<Record<string, string>> = {
  "": "if the range names one",
  none: "none",
  any: "any",
  regex: "those that match…",
};

/** Fields for a trigger's conditions on tags. */
export function TagFields(props: RuleFieldsProps) {
  const { form, onChange, errors } = props;
  const type = TAG_TYPES.find((known) => known === form.tagType);
  return (
    <>
      <SelectField
        label="Tags"
        hint={
          type === undefined
            ? "All tags except those that clients create for signatures and other attachments."
            : undefined
        }
        value={form.tagType}
        choices={CHOICES}
        onChange={(tagType) => onChange({ tagType })}
        error={errors.at("match.tag")}
      />
      {type !== undefined && (
        <>
          <TextField
            label={TYPES[type].value}
            hint={TYPES[type].hint}
            placeholder={TYPES[type].placeholder}
            autoComplete="off"
            spellCheck={false}
            value={form.tagValue}
            onChange={(event) => onChange({ tagValue: event.target.value })}
            error={errors.at("match.tag.value")}
          />
          {isOfVersions(type) && <VersionFields {...props} />}
          <OrderFields {...props} />
          <LinesField
            label="Except"
            hint="Tags that never fire, one a line. * stands for any characters, ? for one."
            placeholder="latest"
            value={form.exclude}
            onChange={(exclude) => onChange({ exclude })}
            error={errors.at("match.tag.exclude")}
          />
        </>
      )}
    </>
  );
}

function VersionFields({ form, onChange, errors }: RuleFieldsProps) {
  return (
    <>
      <SelectField
        label="Prereleases"
        hint="For example 1.0.0-rc.1."
        value={form.prerelease}
        choices={PRERELEASE_CHOICES}
        onChange={(prerelease) => onChange({ prerelease })}
      />
      {form.prerelease === "regex" && (
        <TextField
          label="Prereleases that match"
          hint="It is matched against what follows the dash, which is empty for a release: ^rc takes only release candidates, ^(rc|$) takes releases too."
          placeholder="^(rc|$)"
          spellCheck={false}
          value={form.prereleaseRegex}
          onChange={(event) => onChange({ prereleaseRegex: event.target.value })}
          error={errors.at("match.tag.prereleaseRegex")}
        />
      )}
      <CheckField
        label="Only versions of three numbers"
        hint="Dates and build numbers, such as 20261123, are then no versions."
        isChecked={form.strict}
        onChange={(strict) => onChange({ strict })}
        error={errors.at("match.tag.strict")}
      />
      <TextField
        label="Versions that also match"
        hint="A glob such as v*, or a regular expression such as regex:^v. Empty: all."
        placeholder="v*"
        autoComplete="off"
        spellCheck={false}
        value={form.pattern}
        onChange={(event) => onChange({ pattern: event.target.value })}
        error={errors.at("match.tag.pattern")}
      />
    </>
  );
}

function OrderFields({ form, onChange, errors }: RuleFieldsProps) {
  const hasOrder = isOfVersions(form.tagType) || form.tagType === "regex";
  return (
    <>
      <CheckField
        label="Only newer tags"
        hint="Fires only for a tag above all others in the repository that the rule takes: rebuilding an old version deploys nothing."
        isChecked={form.onlyIfNewer}
        onChange={(onlyIfNewer) => onChange({ onlyIfNewer, byPush: onlyIfNewer && !hasOrder })}
        error={errors.at("match.tag.onlyIfNewer")}
      />
      {form.onlyIfNewer && (
        <CheckField
          label="Order by push time"
          hint="For tags that are no versions. Without it, versions are compared, or the named groups of the regular expression."
          isChecked={form.byPush}
          onChange={(byPush) => onChange({ byPush })}
          error={errors.at("match.tag.order")}
        />
      )}
    </>
  );
}
