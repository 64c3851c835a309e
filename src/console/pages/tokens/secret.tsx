import { useRegistryHost } from "../../api/session.ts";
import { LinkButton } from "../../components/button.tsx";
import { Command } from "../../components/command.tsx";
import { Warning } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import type { NewToken } from "../../../contract/operations.ts";

/** Shows a new token's secret, which cannot be shown again. */
export function TokenSecret({ space, token }: { readonly space: string; readonly token: NewToken }) {
  const host = useRegistryHost();
  const { name, actions, expiresAt } = token;
  const logsIn = actions.some((action) => action !== "admin");
  return (
    <>
      <PageHead title={`The token “${name}”`} />
      <div className="card form narrow">
        <Warning>Copy the token now. It is not shown again, and nobody can look it up later.</Warning>
        <Command text={token.token} what="the token" />
        {logsIn && (
          <>
            <p>Use it as the password when you log in:</p>
            <Command
              text={`echo ${token.token} | docker login ${host} -u ${space} --password-stdin`}
              what="the login command"
            />
          </>
        )}
        {actions.includes("admin") && <p>It also signs in to this console, and works as a Bearer token for the API.</p>}
        <p className="muted">
          {expiresAt === null ? (
            "It does not expire."
          ) : (
            <>
              It expires <Time at={expiresAt} />.
            </>
          )}
        </p>
        <div className="actions">
          <LinkButton to="/spaces/$space/tokens" params={{ space }} look="primary">
            I have copied it
          </LinkButton>
        </div>
      </div>
    </>
  );
}
