import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button, LinkButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { CheckField, SearchField } from "../../components/field.tsx";
import { Icon } from "../../components/icon.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import type { Token } from "../../../contract/operations.ts";
import { ExpiringNotice, lifeOf } from "./expiry.tsx";

/** Lists a space's tokens, with a notice of those that are about to expire. */
export function TokensPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/tokens" });
  const { search = "" } = useSearch({ from: "/signed-in/spaces/$space/tokens" });
  const navigate = useNavigate({ from: "/spaces/$space/tokens" });
  const [revoked, setRevoked] = useState<Token | null>(null);
  const list = useList("listTokens", { path: { space }, query: { limit: 1000 } }, { all: true });
  const { items, isPending, error, retry } = list;
  const wanted = search.trim().toLowerCase();
  const found = items.filter(({ id, name }) => id === wanted || name.toLowerCase().includes(wanted));
  const narrow = (text: string): void => void navigate({ search: { search: text || undefined }, replace: true });
  return (
    <>
      <PageHead title="Tokens">
        <LinkButton to="/spaces/$space/tokens/new" params={{ space }} look="primary" icon={<Icon name="plus" />}>
          New token
        </LinkButton>
      </PageHead>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the tokens" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No tokens yet">
          <p>
            A token is the password that clients log in with. Create one for each purpose, with no more rights than that
            purpose needs.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <div className="section">
          <ExpiringNotice tokens={items} />
          <div className="toolbar">
            <SearchField label="Search the tokens" value={search} onChange={narrow} />
          </div>
          <div className="card card-table">
            <DataTable
              label={`Tokens of ${space}`}
              rows={found}
              rowId={({ id }) => id}
              columns={columnsOf(setRevoked)}
              initialSorting={{ column: "created", direction: "descending" }}
            />
          </div>
          {found.length === 0 && <p className="muted">No token matches “{search}”.</p>}
        </div>
      )}
      {revoked && (
        <Revocation
          space={space}
          token={revoked}
          made={items.filter(({ createdBy }) => createdBy?.id === revoked.id)}
          onClose={() => setRevoked(null)}
        />
      )}
    </>
  );
}

interface RevocationProps {
  readonly space: string;
  readonly token: Token;
  /** The tokens that this token created. */
  readonly made: readonly Token[];
  readonly onClose: () => void;
}

function Revocation({ space, token, made, onClose }: RevocationProps) {
  const [takesMade, setTakesMade] = useState(made.length > 0);
  const session = useSession();
  const revoke = useChange("revokeToken", ["listTokens"]);
  const isOwn = session.token?.id === token.id;
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Revoke token “${token.name}”?`}
      action="Revoke"
      onConfirm={async () => {
        const query = takesMade ? { query: { descendants: "true" as const } } : {};
        await revoke.mutateAsync({ path: { space, id: token.id }, ...query });
        toast(`Revoked token ${token.name}`);
      }}
    >
      <p>
        Clients that use it stop working within a minute. This cannot be undone.
        {token.lastUsedAt !== null && (
          <>
            {" "}
            It was last used <Time at={token.lastUsedAt} />.
          </>
        )}
      </p>
      {made.length > 0 && (
        <CheckField
          label={`Also revoke the tokens that it created: ${made.map(({ name }) => name).join(", ")}`}
          hint="This includes tokens that those created in turn. Otherwise they keep working."
          isChecked={takesMade}
          onChange={setTakesMade}
        />
      )}
      {isOwn && <p>You are signed in with this token, so you will be signed out.</p>}
    </Confirm>
  );
}

function columnsOf(onRevoke: (token: Token) => void): readonly Column<Token>[] {
  return [
    {
      id: "name",
      title: "Token",
      sortBy: ({ name }) => name,
      cell: (token) => (
        <>
          <span title={token.id}>{token.name}</span> <LifeBadge token={token} />
        </>
      ),
    },
    { id: "actions", title: "May", cell: ({ actions }) => actions.join(", ") },
    {
      id: "repositories",
      title: "Repositories",
      isSecondary: true,
      cell: ({ repositories }) =>
        repositories.join() === "**" ? <span className="muted">all</span> : <code>{repositories.join(", ")}</code>,
    },
    {
      id: "expires",
      title: "Expires",
      align: "end",
      isSecondary: true,
      sortBy: ({ expiresAt }) => expiresAt ?? "~",
      cell: ({ expiresAt }) => (expiresAt === null ? <span className="muted">never</span> : <Time at={expiresAt} />),
    },
    {
      id: "used",
      title: "Last used",
      align: "end",
      isSecondary: true,
      sortBy: ({ lastUsedAt }) => lastUsedAt,
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? <span className="muted">never</span> : <Time at={lastUsedAt} />),
    },
    {
      id: "created",
      title: "Created",
      align: "end",
      isSecondary: true,
      sortBy: ({ createdAt }) => createdAt,
      cell: ({ createdAt, createdBy }) => (
        <span title={createdBy ? `By ${createdBy.name}` : undefined}>
          <Time at={createdAt} />
        </span>
      ),
    },
    {
      id: "revoke",
      title: "",
      align: "end",
      cell: (token) => (
        <Button look="quiet" aria-label={`Revoke ${token.name}`} onClick={() => onRevoke(token)}>
          Revoke
        </Button>
      ),
    },
  ];
}

function LifeBadge({ token }: { readonly token: Token }) {
  const life = lifeOf(token, useNow());
  if (life === "expired") return <span className="badge badge-danger">expired</span>;
  return life === "ending" ? <span className="badge badge-warning">expires soon</span> : null;
}
