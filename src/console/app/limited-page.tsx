import { useSession } from "../api/session.ts";
import { PageHead } from "../components/page-head.tsx";
import { PushCommands } from "../components/push-commands.tsx";

/** For tokens that pull and push, but may not look at their space here. */
export function LimitedPage({ space }: { readonly space: string }) {
  const { token } = useSession();
  return (
    <>
      <PageHead title={space} />
      <p>
        The token “{token?.name}” may {token?.actions.join(", ")} in {space}, but it does not administer the space,
        which is what the console needs to show what is in it. Ask whoever gave you the token for one with the action{" "}
        <code>admin</code>.
      </p>
      <p>What you can do with it from a terminal:</p>
      <PushCommands space={space} />
    </>
  );
}
