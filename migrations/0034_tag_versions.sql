-- The version that a tag's name is, as text that sorts as versions do: the newest of 100,000 tags is one look at an index. The columns follow
-- from the name, whatever statement writes a row. src/events/version/key.ts makes the same text; a test holds the two together.
ALTER TABLE tags ADD COLUMN version_text TEXT GENERATED ALWAYS AS (
  substr(IIF(instr(name, '_') > 1, substr(name, 1, instr(name, '_') - 1), name), 1 + (name GLOB '[vV]*'))); -- without a v, and without what a build adds
ALTER TABLE tags ADD COLUMN version_release TEXT GENERATED ALWAYS AS (
  IIF(instr(version_text, '-') > 0, substr(version_text, 1, instr(version_text, '-') - 1), version_text)); -- its numbers
ALTER TABLE tags ADD COLUMN version_prerelease TEXT GENERATED ALWAYS AS (
  IIF(instr(version_text, '-') > 0, substr(version_text, instr(version_text, '-') + 1), '')); -- its identifiers
ALTER TABLE tags ADD COLUMN version_kind INTEGER GENERATED ALWAYS AS (
  IIF(instr(name, '_') <> length(name)
      AND version_release GLOB '[0-9]*' AND version_release NOT GLOB '*[^0-9.]*'
      AND version_release NOT GLOB '*..*' AND version_release NOT GLOB '*.'
      AND length(version_release) - length(replace(version_release, '.', '')) <= 3
      AND (instr(version_text, '-') = 0 OR (version_prerelease <> '' AND version_prerelease NOT GLOB '.*'
        AND version_prerelease NOT GLOB '*..*' AND version_prerelease NOT GLOB '*.')),
    10 * (1 + length(version_release) - length(replace(version_release, '.', '')))
      + IIF(version_prerelease = '', 0, IIF(version_prerelease GLOB '*[A-Z]*', 2, 1)), NULL)); -- ten times how many numbers it has, plus 1 for a prerelease, 2 for one with capitals; null: no version
ALTER TABLE tags ADD COLUMN version_numbers TEXT GENERATED ALWAYS AS ('["' || replace(version_release, '.', '","') || '"]'); -- JSON list
ALTER TABLE tags ADD COLUMN version_identifiers TEXT GENERATED ALWAYS AS ('["' || replace(version_prerelease, '.', '","') || '"]'); -- JSON list
ALTER TABLE tags ADD COLUMN version TEXT GENERATED ALWAYS AS (IIF(version_kind IS NULL, NULL,
    substr('00' || length(ltrim(COALESCE(version_numbers ->> 0, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 0, '0'), '0')
    || substr('00' || length(ltrim(COALESCE(version_numbers ->> 1, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 1, '0'), '0')
    || substr('00' || length(ltrim(COALESCE(version_numbers ->> 2, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 2, '0'), '0')
    || substr('00' || length(ltrim(COALESCE(version_numbers ->> 3, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 3, '0'), '0')
    || IIF(version_prerelease = '', '~', '0'
      || IIF(version_identifiers ->> 0 IS NULL, '', IIF(version_identifiers ->> 0 NOT GLOB '*[^0-9]*',
        '1' || substr('00' || length(ltrim((version_identifiers ->> 0), '0')), -3) || ltrim((version_identifiers ->> 0), '0'), '2' || (version_identifiers ->> 0) || ' '))
      || IIF(version_identifiers ->> 1 IS NULL, '', IIF(version_identifiers ->> 1 NOT GLOB '*[^0-9]*',
        '1' || substr('00' || length(ltrim((version_identifiers ->> 1), '0')), -3) || ltrim((version_identifiers ->> 1), '0'), '2' || (version_identifiers ->> 1) || ' '))
      || IIF(version_identifiers ->> 2 IS NULL, '', IIF(version_identifiers ->> 2 NOT GLOB '*[^0-9]*',
        '1' || substr('00' || length(ltrim((version_identifiers ->> 2), '0')), -3) || ltrim((version_identifiers ->> 2), '0'), '2' || (version_identifiers ->> 2) || ' '))
      || IIF(version_identifiers ->> 3 IS NULL, '', IIF(version_identifiers ->> 3 NOT GLOB '*[^0-9]*',
        '1' || substr('00' || length(ltrim((version_identifiers ->> 3), '0')), -3) || ltrim((version_identifiers ->> 3), '0'), '2' || (version_identifiers ->> 3) || ' '))
      || IIF(version_identifiers ->> 4 IS NULL, '', IIF(version_identifiers ->> 4 NOT GLOB '*[^0-9]*',
        '1' || substr('00' || length(ltrim((version_identifiers ->> 4), '0')), -3) || ltrim((version_identifiers ->> 4), '0'), '2' || (version_identifiers ->> 4) || ' '))))); -- sorts as versions do: each number has the count of its digits before it; of a prerelease, the first five identifiers
ALTER TABLE tags ADD COLUMN version_folded TEXT GENERATED ALWAYS AS (IIF(version_kind % 10 = 2, lower(version), NULL)); -- as NuGet compares it, which does not tell capitals apart

CREATE INDEX tags_by_version ON tags (repository_id, version_kind, version) WHERE version_kind IS NOT NULL;
CREATE INDEX tags_by_folded_version ON tags (repository_id, version_kind, version_folded) WHERE version_folded IS NOT NULL;
