import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { Main } from "../../app/main-area.tsx";
import { ApiProblem, call } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { Failure, sentence } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";

/** Asks once for a token. The browser keeps a cookie that stands for it, which no script can read. */
export function SignInPage() {
  const { to = "/" } = useSearch({ from: "/sign-in" });
  const client = useQueryClient();
  const { refusal } = useSuspenseQuery(sessionQuery).data;
  const { history } = useRouter();
  const [token, setToken] = useState("");
  const signIn = useMutation({
    mutationFn: () => call("signIn", { path: {}, body: { token } }),
    meta: { endsNothing: true },
    onSuccess: (answer) => {
      setToken("");
      client.clear();
      client.setQueryData(sessionQuery.queryKey, answer);
      history.push(to);
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Main>
      <div className="sign-in card">
        <PageHead title="Sign in to Spacedock" />
        {refusal !== null && <Failure error={new Error(refusal)} />}
        <form onSubmit={submit} className="form">
          <TextField
            label="Token"
            type="password"
            name="token"
            autoComplete="off"
            autoFocus
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
            hint="The token is not stored in this browser. You stay signed in for up to 8 hours."
            error={signIn.error === null ? undefined : explain(signIn.error)}
          />
          <Button type="submit" look="primary" isBusy={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <details>
          <summary>I have no token</summary>
          <p className="hint">
            Ask an administrator of your space for one. The action <code>pull</code> lets you browse, <code>admin</code>{" "}
            lets you manage the space. If you set up this registry yourself, sign in with its <code>ADMIN_TOKEN</code>:{" "}
            <code>npm run deploy</code> says where it is, and <code>npm start</code> keeps it in <code>.dev.vars</code>.
          </p>
        </details>
        <p className="hint">
          The <Link to="/api/v1/docs">API reference</Link> needs no token.
        </p>
      </div>
    </Main>
  );
}

function explain(error: Error): string {
  if (error instanceof ApiProblem && error.status === 401) {
    return "That token does not work. It may be mistyped, revoked or expired.";
  }
  return sentence(error.message);
}
