import { useSession } from "../api/session.ts";
import { PageHead } from "../components/page-head.tsx";
import { PushCommands } from "../parts/push-commands.tsx";

/** The page for tokens that may neither look at their space nor manage it. */
export function LimitedPage({ space }: { readonly space: string }) {
  const { token } = useSession();
  return (
    <>
      <PageHead title={space} />
      <p>
        The token “{token?.name}” may only {token?.actions.join(" and ")} in {space}. To browse the space you need a
        token with the action <code>pull</code>; to manage it, one with <code>admin</code>.
      </p>
      <p>From a terminal you can:</p>
      <PushCommands space={space} />
    </>
  );
}
