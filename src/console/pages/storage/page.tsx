import { useParams } from "@tanstack/react-router";
import { PageHead } from "../../components/page-head.tsx";
import { ByRepository } from "./by-repository.tsx";
import { Collection } from "./collection.tsx";
import { Damage } from "./damage.tsx";
import { OverTime } from "./over-time.tsx";
import { Usage } from "./usage.tsx";

/** Shows a space's storage: now, by repository, over time, what goes, and what is broken. */
export function StoragePage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space/storage" });
  return (
    <>
      <PageHead title="Storage" />
      <div className="stack">
        <Damage space={space} />
        <Usage space={space} />
        <OverTime space={space} />
        <ByRepository space={space} />
        <Collection space={space} />
      </div>
    </>
  );
}
