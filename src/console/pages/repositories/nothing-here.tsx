import { may, useSession } from "../../api/session.ts";
import { Empty } from "../../components/notice.tsx";
import { PatternList } from "../../components/pattern-list.tsx";
import { PushCommands } from "../../parts/push-commands.tsx";

/** Stands in for the list of a space in which the signed-in user sees no repositories. */
export function NothingHere({ space }: { readonly space: string }) {
  const session = useSession();
  const manages = may(session, "manageSpace");
  const patterns = manages ? undefined : session.token?.repositories;
  const isPart = patterns !== undefined && patterns.join() !== "**";
  return (
    <Empty title={isPart ? "No repositories for your token yet" : "No repositories yet"}>
      {isPart && (
        <p>
          It covers <PatternList patterns={patterns} />.
        </p>
      )}
      {manages || may(session, "push") ? (
        <>
          <p>Push an image, with a token of this space as the password. It appears here as soon as it arrives.</p>
          <PushCommands space={space} />
        </>
      ) : (
        <p>Images appear here as soon as someone pushes them.</p>
      )}
    </Empty>
  );
}
