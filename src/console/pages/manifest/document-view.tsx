import { useState } from "react";
import { Command } from "../../components/command.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EntriesTable } from "../../components/entries-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { SearchField } from "../../components/field.tsx";
import type { Document, Scan, Statement } from "../../content/document.ts";
import type { Package, Sbom } from "../../content/packages.ts";

interface DocumentViewProps {
  readonly document: Document;
  /** The exact text. `pretty` is the same text, indented for reading. */
  readonly text: string;
  readonly pretty: string;
}

/** Shows an SBOM, a statement or a scan report for reading, and its text. */
export function DocumentView({ document, text, pretty }: DocumentViewProps) {
  return (
    <>
      <Understood document={document} />
      <details open={document.kind === "other"}>
        <summary>Text</summary>
        <Command text={pretty.slice(0, SHOWN)} what="document" copied={text} />
      </details>
    </>
  );
}

/** Characters of a text that are shown. */
const SHOWN = 100_000;

function Understood({ document }: { readonly document: Document }) {
  switch (document.kind) {
    case "sbom":
      return <SbomView sbom={document.sbom} />;
    case "statement":
      return <StatementView statement={document.statement} />;
    case "scan":
      return <ScanView scan={document.scan} />;
    case "other":
      return null;
  }
}

const PACKAGE_COLUMNS: readonly Column<Package>[] = [
  { id: "name", title: "Package", sortBy: ({ name }) => name, cell: ({ name }) => name },
  { id: "version", title: "Version", sortBy: ({ version }) => version, cell: ({ version }) => version },
  { id: "type", title: "Type", isSecondary: true, sortBy: ({ type }) => type, cell: ({ type }) => type },
  {
    id: "license",
    title: "License",
    isSecondary: true,
    sortBy: ({ license }) => license,
    cell: ({ license }) => license,
  },
];

function SbomView({ sbom }: { readonly sbom: Sbom }) {
  const [search, setSearch] = useState("");
  const { format, name, created, tools, packages } = sbom;
  const wanted = search.toLowerCase();
  const shown = packages.filter((one) => `${one.name} ${one.version} ${one.license}`.toLowerCase().includes(wanted));
  return (
    <div className="sections">
      <Facts
        facts={{
          Format: format,
          Of: name,
          Created: created,
          "Made by": tools.join(", ") || null,
          Packages: packages.length.toLocaleString(),
        }}
      />
      <div className="toolbar">
        <SearchField label="Search packages" value={search} onChange={setSearch} />
        <span className="muted">{shown.length.toLocaleString()}</span>
      </div>
      <DataTable
        label="Packages"
        rows={shown}
        rowId={({ name: one, version, type }) => `${type}/${one}@${version}`}
        columns={PACKAGE_COLUMNS}
        initialSorting={{ column: "name", direction: "ascending" }}
      />
    </div>
  );
}

function StatementView({ statement }: { readonly statement: Statement }) {
  const { predicateType, subjects, isSigned, facts, materials, inner } = statement;
  return (
    <div className="sections">
      <Facts
        facts={{
          Says: predicateType,
          Of: subjects.slice(0, 10).join(", ") || null,
          Signed: isSigned ? "yes; the registry does not verify it" : "no",
        }}
      />
      <EntriesTable title="Build" entries={facts} />
      <EntriesTable title="Built from" entries={materials.map((uri, index) => [`${index + 1}`, uri])} />
      <Understood document={inner} />
    </div>
  );
}

type Finding = Scan["findings"][number];

const SEVERITIES = [
  "critical",
  "error",
  "high",
  "medium",
  "warning",
  "moderate",
  "low",
  "note",
  "negligible",
  "unknown",
];

const rank = (severity: string): number => {
  const index = SEVERITIES.indexOf(severity.toLowerCase());
  return index < 0 ? SEVERITIES.length : index;
};

const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { id: "id", title: "Finding", sortBy: ({ id }) => id, cell: ({ id }) => id },
  {
    id: "severity",
    title: "Severity",
    sortBy: ({ severity }) => rank(severity),
    cell: ({ severity }) => severity.toLowerCase(),
  },
  { id: "where", title: "In", sortBy: ({ where }) => where, cell: ({ where }) => where },
  { id: "title", title: "What", isSecondary: true, cell: ({ title }) => title },
];

function ScanView({ scan: { scanner, findings } }: { readonly scan: Scan }) {
  const counts = Map.groupBy(findings, ({ severity }) => severity.toLowerCase());
  const told = [...counts].toSorted(([left], [right]) => rank(left) - rank(right));
  return (
    <div className="sections">
      <Facts
        facts={{
          Scanner: scanner,
          Findings: told.map(([severity, { length }]) => `${length.toLocaleString()} ${severity}`).join(", ") || "none",
        }}
      />
      {findings.length > 0 && (
        <DataTable
          label="Findings"
          rows={findings}
          rowId={({ id, where, title }) => `${id} ${where} ${title}`}
          columns={FINDING_COLUMNS}
          initialSorting={{ column: "severity", direction: "ascending" }}
        />
      )}
    </div>
  );
}
