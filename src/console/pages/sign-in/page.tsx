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

/** A token is asked for once; the browser keeps a cookie that stands for it, which no script can read. */
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
            hint="It is not kept in this browser: a session of 8 hours at most takes its place."
            error={signIn.error === null ? undefined : explain(signIn.error)}
          />
          <Button type="submit" look="primary" isBusy={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <details>
          <summary>I have no token</summary>
          <p className="hint">
            Ask whoever administers your space for one: with the action <code>pull</code> you look at its repositories,
            with <code>admin</code> you manage it. Whoever set up this registry signs in with its{" "}
            <code>ADMIN_TOKEN</code>, which <code>npm run deploy</code> showed; <code>npm start</code> keeps it in{" "}
            <code>.dev.vars</code>.
          </p>
        </details>
        <p className="hint">
          <Link to="/api/v1/docs">The API’s reference</Link> is open to everybody.
        </p>
      </div>
    </Main>
  );
}

function explain(error: Error): string {
  if (error instanceof ApiProblem && error.status === 401) {
    return "No token of this registry is like that: it may be mistyped, revoked or expired.";
  }
  return sentence(error.message);
}
