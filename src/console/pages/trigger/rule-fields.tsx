import { CheckField, TextField } from "../../components/field.tsx";
import type { FieldErrors } from "../../components/field-errors.ts";
import { Fieldset, LinesField, MoreFields } from "../../components/form-fields.tsx";
import { EVENTS, type RulesForm } from "./rules.ts";
import { TagFields } from "./tag-fields.tsx";

export interface RuleFieldsProps {
  readonly form: RulesForm;
  readonly onChange: (changed: Partial<RulesForm>) => void;
  readonly errors: FieldErrors;
}

const EVENT_WORDS: Readonly<Record<(typeof EVENTS)[number], string>> = {
  "tag.created": "a new tag is pushed",
  "tag.updated": "a tag is pushed again",
  "tag.deleted": "a tag is deleted",
  "manifest.pushed": "a manifest is pushed, each platform’s own too; it has no tag",
  "manifest.deleted": "a manifest is deleted",
};

/** Fields for a trigger's conditions, all of which must hold for it to fire. */
export function RuleFields(props: RuleFieldsProps) {
  const { form, onChange, errors } = props;
  return (
    <>
      <LinesField
        label="Repositories"
        hint="One path pattern a line. * stands for anything but a slash, ** for anything; a leading ! excludes. Empty: all repositories."
        placeholder={"web/*\n!web/tmp-*"}
        value={form.repositories}
        onChange={(repositories) => onChange({ repositories })}
        error={errors.at("match.repositories")}
      />
      <TagFields {...props} />
      <Fieldset legend="When" error={errors.at("match.events")}>
        {EVENTS.map((type) => (
          <CheckField
            key={type}
            label={EVENT_WORDS[type]}
            isChecked={form.events.has(type)}
            onChange={() => onChange({ events: form.events.symmetricDifference(new Set([type])) })}
          />
        ))}
        <CheckField
          label="Only if the digest changed"
          hint="Pushing a tag again unchanged does not fire."
          isChecked={form.digestChangedOnly}
          onChange={(digestChangedOnly) => onChange({ digestChangedOnly })}
        />
      </Fieldset>
      <WhatAndWho {...props} />
      <Timing {...props} />
    </>
  );
}

function WhatAndWho({ form, onChange, errors }: RuleFieldsProps) {
  const paths = ["match.platforms", "match.artifactTypes", "match.actors"];
  const isUsed = [form.platforms, form.artifactTypes, form.actors].some((text) => text !== "");
  return (
    <MoreFields summary="Content and pusher" isOpen={isUsed || paths.some((path) => errors.at(path) !== undefined)}>
      <LinesField
        label="Platforms"
        hint="An index must have all of these, one a line; without a variant, any will do. An image that is no index names none."
        placeholder="linux/amd64"
        value={form.platforms}
        onChange={(platforms) => onChange({ platforms })}
        error={errors.at("match.platforms")}
      />
      <LinesField
        label="Kinds of content"
        hint="“image”, or artifact types; * stands for anything. Empty: everything that has a tag, except signatures and other attachments."
        placeholder="image"
        value={form.artifactTypes}
        onChange={(artifactTypes) => onChange({ artifactTypes })}
        error={errors.at("match.artifactTypes")}
      />
      <LinesField
        label="Pushed by"
        hint="“token:” and a token’s name; * stands for anything. Empty: anyone."
        placeholder="token:ci-*"
        value={form.actors}
        onChange={(actors) => onChange({ actors })}
        error={errors.at("match.actors")}
      />
    </MoreFields>
  );
}

function Timing({ form, onChange, errors }: RuleFieldsProps) {
  const paths = ["group", "group.timeoutSeconds", "debounceSeconds"];
  const isUsed = [form.group, form.debounceSeconds].some((text) => text !== "");
  return (
    <MoreFields
      summary="Waiting for other pushes"
      isOpen={isUsed || paths.some((path) => errors.at(path) !== undefined)}
    >
      <LinesField
        label="Together with"
        hint="Fires once, as soon as all of these repositories have the same tag. One path a line, at least two."
        placeholder={"web/api\nweb/ui"}
        value={form.group}
        onChange={(group) => onChange({ group })}
        error={errors.at("group")}
      />
      {form.group !== "" && (
        <TextField
          label="Within (seconds)"
          type="number"
          min={1}
          max={86_400}
          placeholder="900"
          hint="How long the first push may wait for the last. Default: 900 (15 minutes)."
          value={form.groupSeconds}
          onChange={(event) => onChange({ groupSeconds: event.target.value })}
          error={errors.at("group.timeoutSeconds")}
        />
      )}
      <TextField
        label="Debounce (seconds)"
        type="number"
        min={1}
        max={3600}
        hint="Waits this long after a push. If the tag is pushed again meanwhile, only the newer push counts and the wait starts again."
        value={form.debounceSeconds}
        onChange={(event) => onChange({ debounceSeconds: event.target.value })}
        error={errors.at("debounceSeconds")}
      />
    </MoreFields>
  );
}
